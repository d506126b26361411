package labkit.peer;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.activation.DataHandler;
import jakarta.mail.util.ByteArrayDataSource;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.cxf.frontend.ServerFactoryBean;
import org.openehealth.ipf.commons.ihe.ws.JaxWsRequestServiceFactory;
import org.openehealth.ipf.commons.ihe.ws.WsTransactionConfiguration;
import org.openehealth.ipf.commons.ihe.ws.cxf.audit.WsAuditDataset;
import org.openehealth.ipf.commons.ihe.xds.RAD;
import org.openehealth.ipf.commons.ihe.xds.XCA;
import org.openehealth.ipf.commons.ihe.xds.XDS;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLAdhocQueryRequest30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLNonconstructiveDocumentSetRequest30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLProvideAndRegisterDocumentSetRequest30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLRetrieveImagingDocumentSetRequest30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLSubmitObjectsRequest30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.ProvideAndRegisterDocumentSetRequestType;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.RetrieveDocumentSetRequestType;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.RetrieveDocumentSetResponseType;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.DocumentEntry;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.ObjectReference;
import org.openehealth.ipf.commons.ihe.xds.core.requests.DocumentReference;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.FindDocumentsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.GetDocumentsQuery;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.Query;
import org.openehealth.ipf.commons.ihe.xds.core.requests.query.QueryReturnType;
import org.openehealth.ipf.commons.ihe.xds.core.responses.ErrorCode;
import org.openehealth.ipf.commons.ihe.xds.core.responses.ErrorInfo;
import org.openehealth.ipf.commons.ihe.xds.core.responses.QueryResponse;
import org.openehealth.ipf.commons.ihe.xds.core.responses.Response;
import org.openehealth.ipf.commons.ihe.xds.core.responses.RetrievedDocument;
import org.openehealth.ipf.commons.ihe.xds.core.responses.RetrievedDocumentSet;
import org.openehealth.ipf.commons.ihe.xds.core.responses.Severity;
import org.openehealth.ipf.commons.ihe.xds.core.responses.Status;
import org.openehealth.ipf.commons.ihe.xds.core.stub.ebrs30.lcm.SubmitObjectsRequest;
import org.openehealth.ipf.commons.ihe.xds.core.stub.ebrs30.query.AdhocQueryRequest;
import org.openehealth.ipf.commons.ihe.xds.core.stub.ebrs30.query.AdhocQueryResponse;
import org.openehealth.ipf.commons.ihe.xds.core.stub.ebrs30.rs.RegistryResponseType;
import org.openehealth.ipf.commons.ihe.xds.core.stub.xdsi.RetrieveImagingDocumentSetRequestType;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.ProvideAndRegisterDocumentSetTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.QueryRegistryTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.RegisterDocumentSetTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.responses.QueryResponseTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.responses.ResponseTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.responses.RetrieveDocumentSetResponseTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.validate.requests.AdhocQueryRequestValidator;
import org.openehealth.ipf.commons.ihe.xds.core.validate.requests.NonconstructiveDocumentSetRequestValidator;
import org.openehealth.ipf.commons.ihe.xds.core.validate.requests.ProvideAndRegisterDocumentSetRequestValidator;
import org.openehealth.ipf.commons.ihe.xds.core.validate.requests.RetrieveImagingDocumentSetRequestValidator;
import org.openehealth.ipf.commons.ihe.xds.core.validate.requests.SubmitObjectsRequestValidator;
import org.openehealth.ipf.commons.ihe.xds.iti18.Iti18PortType;
import org.openehealth.ipf.commons.ihe.xds.iti38.Iti38PortType;
import org.openehealth.ipf.commons.ihe.xds.iti39.Iti39PortType;
import org.openehealth.ipf.commons.ihe.xds.iti41.Iti41PortType;
import org.openehealth.ipf.commons.ihe.xds.iti42.Iti42PortType;
import org.openehealth.ipf.commons.ihe.xds.iti43.Iti43PortType;
import org.openehealth.ipf.commons.ihe.xds.rad69.Rad69PortType;
import org.openehealth.ipf.commons.ihe.xds.rad75.Rad75PortType;

/** IPF answers: a registry, a repository, an imaging document source and a responding gateway over what it was given. */
final class Server {
    private record Held(byte[] content, String mimeType) {
    }

    private final Map<String, DocumentEntry> entries = new ConcurrentHashMap<>();
    private final Map<String, Held> documents = new ConcurrentHashMap<>();
    private final List<Map<String, Object>> received = new CopyOnWriteArrayList<>();
    private String home;
    private String repository;

    /** Serve all of it on a free port of this machine's loopback; one address a transaction. */
    Map<String, Object> serve(JsonNode asked) throws Exception {
        home = Metadata.text(asked, "home");
        repository = Metadata.text(asked, "repository");
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        String base = "http://127.0.0.1:" + port + "/";
        var urls = new LinkedHashMap<String, Object>();
        publish(XDS.Interactions.ITI_18.getWsTransactionConfiguration(), base, urls, "ITI-18", (Iti18PortType) q -> query(q, "ITI-18"));
        publish(XCA.Interactions.ITI_38.getWsTransactionConfiguration(), base, urls, "ITI-38", (Iti38PortType) q -> query(q, "ITI-38"));
        publish(XDS.Interactions.ITI_41.getWsTransactionConfiguration(), base, urls, "ITI-41", (Iti41PortType) this::provided);
        publish(XDS.Interactions.ITI_42.getWsTransactionConfiguration(), base, urls, "ITI-42", (Iti42PortType) this::registered);
        publish(XDS.Interactions.ITI_43.getWsTransactionConfiguration(), base, urls, "ITI-43", (Iti43PortType) q -> retrieve(q, "ITI-43"));
        publish(XCA.Interactions.ITI_39.getWsTransactionConfiguration(), base, urls, "ITI-39", (Iti39PortType) q -> retrieve(q, "ITI-39"));
        publish(RAD.Interactions.RAD_69.getWsTransactionConfiguration(), base, urls, "RAD-69", (Rad69PortType) q -> images(q, "RAD-69"));
        publish(RAD.Interactions.RAD_75.getWsTransactionConfiguration(), base, urls, "RAD-75", (Rad75PortType) q -> images(q, "RAD-75"));
        return urls;
    }

    private static <T extends WsAuditDataset> void publish(
            WsTransactionConfiguration<T> transaction, String base, Map<String, Object> urls, String name, Object service) {
        var factory = new JaxWsRequestServiceFactory<>(transaction, base + name, null, null, null, null);
        ServerFactoryBean server = factory.createServerFactory(service);
        var properties = new HashMap<String, Object>();
        if (server.getProperties() != null) {
            properties.putAll(server.getProperties());
        }
        properties.put("schema-validation-enabled", "IN");
        server.setProperties(properties);
        server.create().start();
        urls.put(name, base + name);
    }

    /** Hold a document by its uniqueId (a SOP Instance UID for an image), with its entry if it has one. */
    Map<String, Object> hold(JsonNode asked) throws Exception {
        var held = new Held(Files.readAllBytes(Path.of(asked.get("path").asText())), asked.path("mimeType").asText("application/dicom"));
        documents.put(asked.get("uid").asText(), held);
        if (asked.hasNonNull("entry")) {
            var entry = Metadata.entry(asked.get("entry"));
            keep(entry, held.content());
        }
        return Map.of("held", documents.size());
    }

    private void keep(DocumentEntry entry, byte[] content) throws Exception {
        entry.setRepositoryUniqueId(repository);
        entry.setHash(Metadata.digest("SHA-1", content));
        entry.setSize((long) content.length);
        entries.put(entry.getEntryUuid(), entry);
    }

    /** All that was asked of it since the last time, with what IPF's validators have against it. */
    Map<String, Object> received() {
        var all = List.copyOf(received);
        received.clear();
        return Map.of("received", all);
    }

    private Map<String, Object> note(String transaction, Metadata.Check check) {
        var one = new LinkedHashMap<String, Object>();
        one.put("transaction", transaction);
        one.put("problem", Metadata.problem(check));
        received.add(one);
        return one;
    }

    private static <R extends Response> R refused(R response, ErrorCode code, String why) {
        response.setStatus(Status.FAILURE);
        response.getErrors().add(new ErrorInfo(code, why, Severity.ERROR, null, null));
        return response;
    }

    private RegistryResponseType provided(ProvideAndRegisterDocumentSetRequestType body) {
        var ebXML = new EbXMLProvideAndRegisterDocumentSetRequest30(body);
        var note = note("ITI-41", () -> ProvideAndRegisterDocumentSetRequestValidator.getInstance().validate(ebXML, XDS.Interactions.ITI_41));
        var request = new ProvideAndRegisterDocumentSetTransformer(Client.EBXML).fromEbXML(ebXML);
        var digests = new LinkedHashMap<String, Object>();
        try {
            for (var document : request.getDocuments()) {
                var entry = document.getDocumentEntry();
                byte[] content = document.getContent(DataHandler.class).getInputStream().readAllBytes();
                keep(entry, content);
                documents.put(entry.getUniqueId(), new Held(content, entry.getMimeType()));
                digests.put(entry.getUniqueId(), Metadata.digest("SHA-256", content));
            }
        } catch (Exception e) {
            note.put("problem", String.valueOf(e));
        }
        note.put("documents", digests);
        return registryResponse(note);
    }

    private RegistryResponseType registered(SubmitObjectsRequest body) {
        var ebXML = new EbXMLSubmitObjectsRequest30(body);
        var note = note("ITI-42", () -> SubmitObjectsRequestValidator.getInstance().validate(ebXML, XDS.Interactions.ITI_42));
        for (var entry : new RegisterDocumentSetTransformer(Client.EBXML).fromEbXML(ebXML).getDocumentEntries()) {
            entries.put(entry.getEntryUuid(), entry);
        }
        return registryResponse(note);
    }

    private static RegistryResponseType registryResponse(Map<String, Object> note) {
        var response = new Response(Status.SUCCESS);
        if (note.get("problem") != null) {
            refused(response, ErrorCode.REGISTRY_METADATA_ERROR, String.valueOf(note.get("problem")));
        }
        return (RegistryResponseType) new ResponseTransformer(Client.EBXML).toEbXML(response).getInternal();
    }

    private synchronized AdhocQueryResponse query(AdhocQueryRequest body, String transaction) {
        var ebXML = new EbXMLAdhocQueryRequest30(body);
        boolean local = transaction.equals("ITI-18");
        var note = note(transaction, () -> AdhocQueryRequestValidator.getInstance()
            .validate(ebXML, local ? XDS.Interactions.ITI_18 : XCA.Interactions.ITI_38));
        var response = new QueryResponse(Status.SUCCESS);
        if (note.get("problem") != null) {
            refused(response, ErrorCode.REGISTRY_ERROR, String.valueOf(note.get("problem")));
        } else {
            var request = new QueryRegistryTransformer().fromEbXML(ebXML);
            note.put("query", request.getQuery().getType().toString());
            for (DocumentEntry entry : entries.values()) {
                if (!matches(request.getQuery(), entry)) {
                    continue;
                }
                entry.setHomeCommunityId(local ? null : home); // ITI TF-2 3.38.4.1.3: compulsory between gateways
                if (request.getReturnType() == QueryReturnType.OBJECT_REF) {
                    response.getReferences().add(new ObjectReference(entry.getEntryUuid(), local ? null : home));
                } else {
                    response.getDocumentEntries().add(entry);
                }
            }
        }
        return new QueryResponseTransformer(Client.EBXML).toEbXML(response).getInternal();
    }

    private static boolean matches(Query query, DocumentEntry entry) {
        if (query instanceof FindDocumentsQuery find) {
            return find.getPatientId().equals(entry.getPatientId()) && find.getStatus().contains(entry.getAvailabilityStatus())
                && (find.getFormatCodes() == null || find.getFormatCodes().stream()
                    .anyMatch(code -> code.getCode().equals(entry.getFormatCode().getCode())));
        }
        if (query instanceof GetDocumentsQuery get) {
            return get.getUuids() != null && get.getUuids().contains(entry.getEntryUuid())
                || get.getUniqueIds() != null && get.getUniqueIds().contains(entry.getUniqueId());
        }
        return false;
    }

    private RetrieveDocumentSetResponseType retrieve(RetrieveDocumentSetRequestType body, String transaction) {
        var ebXML = new EbXMLNonconstructiveDocumentSetRequest30<>(body);
        note(transaction, () -> NonconstructiveDocumentSetRequestValidator.getInstance()
            .validate(ebXML, transaction.equals("ITI-43") ? XDS.Interactions.ITI_43 : XCA.Interactions.ITI_39));
        return found(ebXML.getDocuments());
    }

    private RetrieveDocumentSetResponseType images(RetrieveImagingDocumentSetRequestType body, String transaction) {
        var ebXML = new EbXMLRetrieveImagingDocumentSetRequest30(body);
        var note = note(transaction, () -> RetrieveImagingDocumentSetRequestValidator.getInstance()
            .validate(ebXML, transaction.equals("RAD-69") ? RAD.Interactions.RAD_69 : RAD.Interactions.RAD_75));
        note.put("transferSyntaxes", ebXML.getTransferSyntaxUIDList());
        var all = new ArrayList<DocumentReference>();
        ebXML.getRetrieveStudies().forEach(study -> study.getRetrieveSerieses().forEach(series -> all.addAll(series.getDocuments())));
        return found(all);
    }

    private RetrieveDocumentSetResponseType found(List<DocumentReference> asked) {
        var response = new RetrievedDocumentSet(Status.SUCCESS);
        for (DocumentReference one : asked) {
            Held held = documents.get(one.getDocumentUniqueId());
            if (held == null) {
                refused(response, ErrorCode.DOCUMENT_UNIQUE_ID_ERROR, "not held: " + one.getDocumentUniqueId());
                continue;
            }
            response.getDocuments().add(new RetrievedDocument(
                new DataHandler(new ByteArrayDataSource(held.content(), held.mimeType())), one, null, null, held.mimeType()));
        }
        if (!response.getErrors().isEmpty() && !response.getDocuments().isEmpty()) {
            response.setStatus(Status.PARTIAL_SUCCESS);
        }
        return new RetrieveDocumentSetResponseTransformer(Client.EBXML).toEbXML(response).getInternal();
    }
}
