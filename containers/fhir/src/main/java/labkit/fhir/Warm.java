package labkit.fhir;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.validation.FhirValidator;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.ImagingStudy;
import org.springframework.context.ApplicationContext;

/** The first validation reads all definitions of R4, for seconds: better here than in a request. */
final class Warm {

    private Warm() {}

    static void up(ApplicationContext spring) {
        FhirContext context = spring.getBean(FhirContext.class);
        FhirValidator validator = context.newValidator();
        validator.registerValidatorModule(spring.getBean(FhirInstanceValidator.class));
        var study = new ImagingStudy();
        study.setStatus(ImagingStudy.ImagingStudyStatus.AVAILABLE);
        study.getSubject().setReference("Patient/1");
        study.addModality(new Coding("http://dicom.nema.org/resources/ontology/DCM", "MR", null));
        study.addSeries().setUid("1.2.3").addInstance().setUid("1.2.3.4");
        validator.validateWithResult(context.newJsonParser().encodeResourceToString(study));
    }
}
