package labkit.peer;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Association;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Author;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.AvailabilityStatus;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Code;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.DocumentEntry;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Hl7v2Based;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Identifiable;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.LocalizedString;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Person;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.ReferenceId;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.SubmissionSet;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.XDSMetaClass;
import org.openehealth.ipf.commons.ihe.xds.core.requests.QueryRegistry;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.FindDocumentsByReferenceIdQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.FindDocumentsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.FindFoldersQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.FindSubmissionSetsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetAssociationsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetDocumentsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetFolderAndContentsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetFoldersForDocumentQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetFoldersQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetRelatedDocumentsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetSubmissionSetAndContentsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.QueryList;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.QueryReturnType;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.StoredQuery;
import org.openehealth.ipf.commons.ihe.xds.core.responses.ErrorInfo;
import org.openehealth.ipf.commons.ihe.xds.core.responses.QueryResponse;
import org.openehealth.ipf.commons.ihe.xds.core.responses.Response;
import org.openehealth.ipf.commons.ihe.xds.core.responses.RetrievedDocument;
import org.openehealth.ipf.commons.ihe.xds.core.responses.RetrievedDocumentSet;

/** IPF's metadata to and from JSON with the attributes' names of ITI TF-3 4.2.3; a code is [code, display, scheme]. */
final class Metadata {
    private Metadata() {
    }

    /** Something that IPF's validators may refuse. */
    interface Check {
        void run() throws Exception;
    }

    /** What IPF's validator has against it; null if nothing. */
    static String problem(Check check) {
        try {
            check.run();
            return null;
        } catch (Exception e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    static String text(JsonNode node, String name) {
        return node.hasNonNull(name) ? node.get(name).asText() : null;
    }

    private static void given(JsonNode node, String name, Consumer<String> set) {
        if (node.hasNonNull(name)) {
            set.accept(node.get(name).asText());
        }
    }

    private static Code code(JsonNode of) {
        return new Code(of.get(0).asText(), new LocalizedString(of.get(1).asText()), of.get(2).asText());
    }

    private static void common(JsonNode said, XDSMetaClass object) {
        object.setEntryUuid(text(said, "entryUUID"));
        object.setUniqueId(text(said, "uniqueId"));
        object.setPatientId(Identifiable.parse(text(said, "patientId")));
        object.setAvailabilityStatus(AvailabilityStatus.APPROVED);
        object.setHomeCommunityId(text(said, "homeCommunityId"));
        given(said, "title", title -> object.setTitle(new LocalizedString(title)));
    }

    private static List<Author> authors(JsonNode said) {
        var author = new Author();
        author.setAuthorPerson(Person.parse(text(said, "authorPerson")));
        return List.of(author);
    }

    static SubmissionSet submissionSet(JsonNode said) {
        var set = new SubmissionSet();
        common(said, set);
        set.getAuthors().addAll(authors(said));
        set.setContentTypeCode(code(said.get("contentTypeCode")));
        set.setSourceId(text(said, "sourceId"));
        set.setSubmissionTime(text(said, "submissionTime"));
        return set;
    }

    static DocumentEntry entry(JsonNode said) {
        var entry = new DocumentEntry();
        common(said, entry);
        entry.getAuthors().addAll(authors(said));
        entry.setClassCode(code(said.get("classCode")));
        entry.setTypeCode(code(said.get("typeCode")));
        entry.setFormatCode(code(said.get("formatCode")));
        entry.setPracticeSettingCode(code(said.get("practiceSettingCode")));
        entry.setHealthcareFacilityTypeCode(code(said.get("healthcareFacilityTypeCode")));
        said.get("confidentialityCode").forEach(one -> entry.getConfidentialityCodes().add(code(one)));
        said.path("eventCodeList").forEach(one -> entry.getEventCodeList().add(code(one)));
        said.path("referenceIdList").forEach(one -> entry.getReferenceIdList().add(ReferenceId.parse(one.asText())));
        entry.setCreationTime(text(said, "creationTime"));
        given(said, "serviceStartTime", entry::setServiceStartTime);
        entry.setLanguageCode(text(said, "languageCode"));
        entry.setMimeType(text(said, "mimeType"));
        entry.setSourcePatientId(Identifiable.parse(text(said, "sourcePatientId")));
        entry.setHash(text(said, "hash"));
        entry.setRepositoryUniqueId(text(said, "repositoryUniqueId"));
        if (said.hasNonNull("size")) {
            entry.setSize(said.get("size").asLong());
        }
        return entry;
    }

    static QueryRegistry query(JsonNode asked) {
        String name = asked.get("query").asText();
        var status = new ArrayList<AvailabilityStatus>();
        asked.path("status").forEach(one -> status.add(AvailabilityStatus.valueOf(one.asText().toUpperCase())));
        var ids = new ArrayList<String>();
        asked.path("ids").forEach(one -> ids.add(one.asText()));
        StoredQuery query = switch (name) {
            case "FindDocuments" -> find(new FindDocumentsQuery(), asked, status);
            case "FindDocumentsByReferenceId" -> {
                var by = new FindDocumentsByReferenceIdQuery();
                by.setReferenceIds(new QueryList<>(asked.get("referenceId").asText()));
                yield find(by, asked, status);
            }
            case "FindSubmissionSets" -> {
                var sets = new FindSubmissionSetsQuery();
                sets.setPatientId(Identifiable.parse(text(asked, "patientId")));
                sets.setStatus(status);
                yield sets;
            }
            case "FindFolders" -> {
                var folders = new FindFoldersQuery();
                folders.setPatientId(Identifiable.parse(text(asked, "patientId")));
                folders.setStatus(status);
                yield folders;
            }
            case "GetFolders" -> {
                var get = new GetFoldersQuery();
                get.setUuids(ids);
                yield get;
            }
            case "GetFolderAndContents" -> {
                var get = new GetFolderAndContentsQuery();
                get.setUuid(ids.get(0));
                yield get;
            }
            case "GetFoldersForDocument" -> {
                var get = new GetFoldersForDocumentQuery();
                get.setUuid(ids.get(0));
                yield get;
            }
            case "GetDocuments" -> {
                var get = new GetDocumentsQuery();
                if (asked.path("by").asText().equals("uniqueId")) {
                    get.setUniqueIds(ids);
                } else {
                    get.setUuids(ids);
                }
                yield get;
            }
            case "GetAssociations" -> {
                var get = new GetAssociationsQuery();
                get.setUuids(ids);
                yield get;
            }
            case "GetSubmissionSetAndContents" -> {
                var get = new GetSubmissionSetAndContentsQuery();
                get.setUuid(ids.get(0));
                yield get;
            }
            case "GetRelatedDocuments" -> {
                var get = new GetRelatedDocumentsQuery();
                get.setUuid(ids.get(0));
                get.setAssociationTypes(List.of(org.openehealth.ipf.commons.ihe.xds.core.metadata.AssociationType.REPLACE));
                yield get;
            }
            default -> throw new IllegalArgumentException("no such query here: " + name);
        };
        query.setHomeCommunityId(text(asked, "home"));
        var request = new QueryRegistry(query);
        request.setReturnType(asked.path("refs").asBoolean() ? QueryReturnType.OBJECT_REF : QueryReturnType.LEAF_CLASS);
        return request;
    }

    private static FindDocumentsQuery find(FindDocumentsQuery query, JsonNode asked, List<AvailabilityStatus> status) {
        query.setPatientId(Identifiable.parse(text(asked, "patientId")));
        query.setStatus(status);
        var codes = new ArrayList<Code>();
        asked.path("formatCode").forEach(one -> codes.add(code(one)));
        query.setFormatCodes(codes.isEmpty() ? null : codes);
        given(asked, "serviceStartTimeFrom", from -> query.getServiceStartTime().setFrom(from));
        return query;
    }

    static Map<String, Object> response(Response response) {
        var said = new LinkedHashMap<String, Object>();
        said.put("status", response.getStatus() == null ? null : response.getStatus().getOpcode30());
        var errors = new ArrayList<Map<String, Object>>();
        for (ErrorInfo error : response.getErrors()) {
            var one = new LinkedHashMap<String, Object>();
            one.put("errorCode", error.getErrorCode() == null ? null : error.getErrorCode().getOpcode());
            one.put("custom", error.getCustomErrorCode());
            one.put("codeContext", error.getCodeContext());
            one.put("severity", error.getSeverity() == null ? null : error.getSeverity().getOpcode30());
            one.put("location", error.getLocation());
            errors.add(one);
        }
        said.put("errors", errors);
        if (response instanceof QueryResponse query) {
            said.put("entries", query.getDocumentEntries().stream().map(Metadata::described).toList());
            said.put("submissionSets", query.getSubmissionSets().stream().map(Metadata::described).toList());
            said.put("folders", query.getFolders().stream().map(Metadata::described).toList());
            said.put("associations", query.getAssociations().stream().map(Metadata::described).toList());
            said.put("references", query.getReferences().stream().map(one -> {
                var reference = new LinkedHashMap<String, Object>();
                reference.put("id", one.getId());
                reference.put("home", one.getHome());
                return reference;
            }).toList());
        }
        return said;
    }

    /** Documents, each with digest and size; written into a folder, numbered, if one is named. */
    static Map<String, Object> response(RetrievedDocumentSet response, String into) throws Exception {
        var said = response(response);
        var documents = new ArrayList<Map<String, Object>>();
        for (RetrievedDocument document : response.getDocuments()) {
            byte[] content = document.getDataHandler().getInputStream().readAllBytes();
            var one = new LinkedHashMap<String, Object>();
            one.put("uid", document.getRequestData().getDocumentUniqueId());
            one.put("repository", document.getRequestData().getRepositoryUniqueId());
            one.put("home", document.getRequestData().getHomeCommunityId());
            one.put("mimeType", document.getMimeType());
            one.put("size", content.length);
            one.put("sha256", digest("SHA-256", content));
            if (!into.isEmpty()) {
                Path path = Path.of(into, documents.size() + ".bin");
                Files.write(path, content);
                one.put("path", path.toString());
            }
            documents.add(one);
        }
        said.put("documents", documents);
        return said;
    }

    static String digest(String algorithm, byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    }

    private static Map<String, Object> described(XDSMetaClass object) {
        var said = new LinkedHashMap<String, Object>();
        said.put("entryUUID", object.getEntryUuid());
        said.put("uniqueId", object.getUniqueId());
        said.put("patientId", Hl7v2Based.render(object.getPatientId()));
        said.put("availabilityStatus", AvailabilityStatus.toQueryOpcode(object.getAvailabilityStatus()));
        said.put("homeCommunityId", object.getHomeCommunityId());
        said.put("title", object.getTitle() == null ? null : object.getTitle().getValue());
        if (object instanceof DocumentEntry entry) {
            said.put("formatCode", described(entry.getFormatCode()));
            said.put("typeCode", described(entry.getTypeCode()));
            said.put("classCode", described(entry.getClassCode()));
            said.put("eventCodeList", entry.getEventCodeList().stream().map(Metadata::described).toList());
            said.put("confidentialityCode", entry.getConfidentialityCodes().stream().map(Metadata::described).toList());
            said.put("referenceIdList", entry.getReferenceIdList().stream().map(Hl7v2Based::render).toList());
            said.put("mimeType", entry.getMimeType());
            said.put("repositoryUniqueId", entry.getRepositoryUniqueId());
            said.put("hash", entry.getHash());
            said.put("size", entry.getSize());
            said.put("sourcePatientId", Hl7v2Based.render(entry.getSourcePatientId()));
        }
        return said;
    }

    private static Map<String, Object> described(Association association) {
        var said = new LinkedHashMap<String, Object>();
        said.put("type", association.getAssociationType().getOpcode30());
        said.put("source", association.getSourceUuid());
        said.put("target", association.getTargetUuid());
        return said;
    }

    private static List<String> described(Code code) {
        return code == null ? null : java.util.Arrays.asList(code.getCode(),
            code.getDisplayName() == null ? null : code.getDisplayName().getValue(), code.getSchemeName());
    }
}
