// What OHIF looks at: the archives of North General and of City Imaging, by DICOMweb, and the old
// PACS of Lakeside Clinic, which speaks DIMSE alone and has a façade before it (labkit proxy). The
// roots are paths of this very server; nginx.conf says where they lead.
const archive = (sourceName, friendlyName, root) => ({
  namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
  sourceName,
  configuration: {
    friendlyName,
    name: sourceName,
    qidoRoot: root,
    wadoRoot: root,
    wadoUriRoot: root,
    qidoSupportsIncludeField: true,
    supportsWildcard: true,
    supportsFuzzyMatching: false, // Orthanc ignores fuzzymatching, and an old PACS has none
    imageRendering: 'wadors',
    thumbnailRendering: 'wadors',
    enableStudyLazyLoad: true,
    supportsReject: false,
    dicomUploadEnabled: false, // nginx.conf lets nothing be stored from here
    bulkDataURI: { enabled: true, relativeResolution: 'studies' },
    omitQuotationForMultipartRequest: true,
  },
});

window.config = {
  routerBasename: '/',
  extensions: [],
  modes: [],
  showStudyList: true,
  maxNumberOfWebWorkers: 2,
  showWarningMessageForCrossOrigin: true,
  showCPUFallbackMessage: true,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  investigationalUseDialog: { option: 'never' },
  defaultDataSourceName: 'archive',
  dataSources: [
    archive('archive', 'North General: ARCHIVE', '/dicom-web'),
    archive('city', 'City Imaging: CITY', '/city/dicom-web'),
    archive('legacy', 'Lakeside Clinic: LEGACY, through the façade', '/legacy/dicom-web'),
  ],
};
