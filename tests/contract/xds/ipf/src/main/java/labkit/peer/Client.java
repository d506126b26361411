package labkit.peer;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.activation.DataHandler;
import jakarta.mail.util.ByteArrayDataSource;
import jakarta.xml.ws.BindingProvider;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.cxf.headers.Header;
import org.openehealth.ipf.commons.ihe.ws.JaxWsRequestClientFactory;
import org.openehealth.ipf.commons.ihe.ws.WsTransactionConfiguration;
import org.openehealth.ipf.commons.ihe.ws.cxf.audit.WsAuditDataset;
import org.openehealth.ipf.commons.ihe.xds.RAD;
import org.openehealth.ipf.commons.ihe.xds.XCA;
import org.openehealth.ipf.commons.ihe.xds.XDS;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLFactory30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLProvideAndRegisterDocumentSetRequest30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLQueryResponse30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLRegistryResponse30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.EbXMLRetrieveDocumentSetResponse30;
import org.openehealth.ipf.commons.ihe.xds.core.ebxml.ebxml30.RetrieveDocumentSetResponseType;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Association;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.AssociationLabel;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.AssociationType;
import org.openehealth.ipf.commons.ihe.xds.core.metadata.Document;
import org.openehealth.ipf.commons.ihe.xds.core.requests.DocumentReference;
import org.openehealth.ipf.commons.ihe.xds.core.requests.ProvideAndRegisterDocumentSet;
import org.openehealth.ipf.commons.ihe.xds.core.requests.RetrieveDocumentSet;
import org.openehealth.ipf.commons.ihe.xds.core.requests.RetrieveImagingDocumentSet;
import org.openehealth.ipf.commons.ihe.xds.core.requests.RetrieveSeries;
import org.openehealth.ipf.commons.ihe.xds.core.requests.RetrieveStudy;
import org.openehealth.ipf.commons.ihe.xds.core.stub.ebrs30.query.AdhocQueryResponse;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.ProvideAndRegisterDocumentSetTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.QueryRegistryTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.RetrieveDocumentSetRequestTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.requests.RetrieveImagingDocumentSetRequestTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.responses.QueryResponseTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.responses.ResponseTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.transform.responses.RetrieveDocumentSetResponseTransformer;
import org.openehealth.ipf.commons.ihe.xds.core.validate.requests.ProvideAndRegisterDocumentSetRequestValidator;
import org.openehealth.ipf.commons.ihe.xds.core.validate.responses.QueryResponseValidator;
import org.openehealth.ipf.commons.ihe.xds.core.validate.responses.RegistryResponseValidator;
import org.openehealth.ipf.commons.ihe.xds.core.validate.responses.RetrieveDocumentSetResponseValidator;
import org.openehealth.ipf.commons.ihe.xds.iti18.Iti18PortType;
import org.openehealth.ipf.commons.ihe.xds.iti38.Iti38PortType;
import org.openehealth.ipf.commons.ihe.xds.iti39.Iti39PortType;
import org.openehealth.ipf.commons.ihe.xds.iti41.Iti41PortType;
import org.openehealth.ipf.commons.ihe.xds.iti43.Iti43PortType;
import org.openehealth.ipf.commons.ihe.xds.rad69.Rad69PortType;
import org.openehealth.ipf.commons.ihe.xds.rad75.Rad75PortType;
import org.xml.sax.InputSource;

/** IPF asks: ITI-41, 18, 43, 38, 39, RAD-69, 75. Each answer goes through IPF's own validator. */
final class Client {
    static final EbXMLFactory30 EBXML = new EbXMLFactory30();

    private Client() {
    }

    static Map<String, Object> call(String transaction, JsonNode asked) throws Exception {
        return switch (transaction) {
            case "ITI-41" -> provide(asked);
            case "ITI-18", "ITI-38" -> query(transaction, asked);
            case "ITI-43", "ITI-39" -> retrieve(transaction, asked);
            case "RAD-69", "RAD-75" -> images(transaction, asked);
            default -> throw new IllegalArgumentException("no such thing to do: " + transaction);
        };
    }

    private static Map<String, Object> provide(JsonNode asked) throws Exception {
        var request = new ProvideAndRegisterDocumentSet();
        var set = Metadata.submissionSet(asked.get("submissionSet"));
        request.setSubmissionSet(set);
        int n = 0;
        for (JsonNode document : asked.get("documents")) {
            var entry = Metadata.entry(document.get("entry"));
            byte[] content = Files.readAllBytes(Path.of(document.get("path").asText()));
            request.getDocuments().add(new Document(entry,
                new DataHandler(new ByteArrayDataSource(content, entry.getMimeType()))));
            var member = new Association(AssociationType.HAS_MEMBER, "member" + ++n, set.getEntryUuid(), entry.getEntryUuid());
            member.setLabel(AssociationLabel.ORIGINAL);
            request.getAssociations().add(member);
        }
        for (JsonNode other : asked.path("associations")) {
            request.getAssociations().add(new Association(
                AssociationType.valueOfOpcode30(other.get("type").asText()), "other" + ++n,
                other.get("source").asText(), other.get("target").asText()));
        }
        var ebXML = new ProvideAndRegisterDocumentSetTransformer(EBXML).toEbXML(request);
        // What IPF itself sends must be right by its own rules, or a refusal would prove nothing.
        ProvideAndRegisterDocumentSetRequestValidator.getInstance().validate(
            new EbXMLProvideAndRegisterDocumentSetRequest30(ebXML.getInternal()), XDS.Interactions.ITI_41);
        var port = (Iti41PortType) port(XDS.Interactions.ITI_41.getWsTransactionConfiguration(), asked);
        var response = new EbXMLRegistryResponse30(port.documentRepositoryProvideAndRegisterDocumentSetB(ebXML.getInternal()));
        var valid = Metadata.problem(() -> RegistryResponseValidator.getInstance().validate(response, XDS.Interactions.ITI_41));
        return answer(Metadata.response(new ResponseTransformer(EBXML).fromEbXML(response)), valid);
    }

    private static Map<String, Object> query(String transaction, JsonNode asked) throws Exception {
        var ebXML = new QueryRegistryTransformer(EBXML).toEbXML(Metadata.query(asked)).getInternal();
        boolean local = transaction.equals("ITI-18");
        AdhocQueryResponse got = local
            ? ((Iti18PortType) port(XDS.Interactions.ITI_18.getWsTransactionConfiguration(), asked)).documentRegistryRegistryStoredQuery(ebXML)
            : ((Iti38PortType) port(XCA.Interactions.ITI_38.getWsTransactionConfiguration(), asked)).documentRegistryRegistryStoredQuery(ebXML);
        var response = new EbXMLQueryResponse30(got);
        var valid = Metadata.problem(() -> QueryResponseValidator.getInstance()
            .validate(response, local ? XDS.Interactions.ITI_18 : XCA.Interactions.ITI_38));
        return answer(Metadata.response(new QueryResponseTransformer(EBXML).fromEbXML(response)), valid);
    }

    private static Map<String, Object> retrieve(String transaction, JsonNode asked) throws Exception {
        var request = new RetrieveDocumentSet();
        request.getDocuments().addAll(references(asked.get("documents")));
        var ebXML = new RetrieveDocumentSetRequestTransformer(EBXML).toEbXML(request).getInternal();
        boolean local = transaction.equals("ITI-43");
        var got = local
            ? ((Iti43PortType) port(XDS.Interactions.ITI_43.getWsTransactionConfiguration(), asked)).documentRepositoryRetrieveDocumentSet(ebXML)
            : ((Iti39PortType) port(XCA.Interactions.ITI_39.getWsTransactionConfiguration(), asked)).documentRepositoryRetrieveDocumentSet(ebXML);
        return retrieved(got, asked, local ? XDS.Interactions.ITI_43 : XCA.Interactions.ITI_39);
    }

    private static Map<String, Object> images(String transaction, JsonNode asked) throws Exception {
        var request = new RetrieveImagingDocumentSet();
        for (JsonNode study : asked.get("studies")) {
            var series = new ArrayList<RetrieveSeries>();
            for (JsonNode one : study.get("series")) {
                series.add(new RetrieveSeries(one.get("uid").asText(), references(one.get("documents"))));
            }
            request.getRetrieveStudies().add(new RetrieveStudy(study.get("uid").asText(), series));
        }
        asked.get("transferSyntaxes").forEach(uid -> request.getTransferSyntaxIds().add(uid.asText()));
        var ebXML = new RetrieveImagingDocumentSetRequestTransformer(EBXML).toEbXML(request).getInternal();
        boolean local = transaction.equals("RAD-69");
        var got = local
            ? ((Rad69PortType) port(RAD.Interactions.RAD_69.getWsTransactionConfiguration(), asked)).documentRepositoryRetrieveImagingDocumentSet(ebXML)
            : ((Rad75PortType) port(RAD.Interactions.RAD_75.getWsTransactionConfiguration(), asked)).documentRepositoryRetrieveImagingDocumentSet(ebXML);
        return retrieved(got, asked, local ? RAD.Interactions.RAD_69 : RAD.Interactions.RAD_75);
    }

    private static Map<String, Object> retrieved(
            RetrieveDocumentSetResponseType got, JsonNode asked,
            org.openehealth.ipf.commons.ihe.xds.core.validate.ValidationProfile profile) throws Exception {
        var response = new EbXMLRetrieveDocumentSetResponse30(got);
        var valid = Metadata.problem(() -> RetrieveDocumentSetResponseValidator.getInstance().validate(response, profile));
        var set = new RetrieveDocumentSetResponseTransformer(EBXML).fromEbXML(response);
        return answer(Metadata.response(set, asked.path("into").asText("")), valid);
    }

    static List<DocumentReference> references(JsonNode documents) {
        var found = new ArrayList<DocumentReference>();
        for (JsonNode one : documents) {
            found.add(new DocumentReference(Metadata.text(one, "repository"), Metadata.text(one, "uid"), Metadata.text(one, "home")));
        }
        return found;
    }

    private static Map<String, Object> answer(Map<String, Object> said, String problem) {
        var answer = new LinkedHashMap<>(said);
        answer.put("problem", problem);
        return answer;
    }

    private static <T extends WsAuditDataset> Object port(WsTransactionConfiguration<T> transaction, JsonNode asked) throws Exception {
        // Answers are also held to IHE's and OASIS's schemas, which IPF's jar carries.
        // By itself CXF reads no fault under HTTP 400, which SOAP 1.2 (Part 2, Table 20) has for env:Sender.
        Map<String, Object> properties = Map.of(
            "schema-validation-enabled", "IN", "org.apache.cxf.transport.no_io_exceptions", true);
        var factory = new JaxWsRequestClientFactory<>(transaction, asked.get("url").asText(),
            null, null, null, null, properties, null, null, null);
        Object port = factory.getClient();
        if (asked.hasNonNull("security")) {
            var parser = DocumentBuilderFactory.newInstance();
            parser.setNamespaceAware(true);
            var element = parser.newDocumentBuilder()
                .parse(new InputSource(new StringReader(asked.get("security").asText()))).getDocumentElement();
            var name = new QName(element.getNamespaceURI(), element.getLocalName());
            ((BindingProvider) port).getRequestContext().put(Header.HEADER_LIST, new ArrayList<>(List.of(new Header(name, element))));
        }
        return port;
    }
}
