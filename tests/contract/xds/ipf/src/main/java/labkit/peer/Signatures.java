package labkit.peer;

import java.io.StringReader;
import java.io.StringWriter;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/** The signature of a SAML assertion, checked and made by the JDK (Apache Santuario), not by signxml. */
final class Signatures {
    private static final String DSIG = XMLSignature.XMLNS;
    private static final String SAML = "urn:oasis:names:tc:SAML:2.0:assertion";

    private Signatures() {
    }

    /** Check the first assertion in this XML against the certificate in its own KeyInfo. */
    static Map<String, Object> verify(String xml) throws Exception {
        Document document = parse(xml);
        var assertion = (Element) document.getElementsByTagNameNS(SAML, "Assertion").item(0);
        assertion.setIdAttribute("ID", true);
        var certificate = assertion.getElementsByTagNameNS(DSIG, "X509Certificate").item(0).getTextContent();
        var key = java.security.cert.CertificateFactory.getInstance("X.509")
            .generateCertificate(new java.io.ByteArrayInputStream(Base64.getMimeDecoder().decode(certificate)))
            .getPublicKey();
        var context = new DOMValidateContext(key, assertion.getElementsByTagNameNS(DSIG, "Signature").item(0));
        context.setProperty("org.jcp.xml.dsig.secureValidation", true);
        XMLSignature signature = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
        var references = new ArrayList<String>();
        for (Object reference : signature.getSignedInfo().getReferences()) {
            references.add(((Reference) reference).getURI());
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("valid", signature.validate(context));
        answer.put("references", references);
        answer.put("id", assertion.getAttribute("ID"));
        answer.put("method", signature.getSignedInfo().getSignatureMethod().getAlgorithm());
        return answer;
    }

    /** Sign the assertion with this ID with an RSA key (PKCS#8, base64). */
    static Map<String, Object> sign(String xml, String id, String pkcs8) throws Exception {
        Document document = parse(xml);
        var assertion = (Element) document.getElementsByTagNameNS(SAML, "Assertion").item(0);
        assertion.setIdAttribute("ID", true);
        var key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pkcs8)));
        XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
        Reference reference = factory.newReference("#" + id, factory.newDigestMethod(DigestMethod.SHA256, null),
            List.of(factory.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null),
                factory.newTransform(CanonicalizationMethod.EXCLUSIVE, (TransformParameterSpec) null)), null, null);
        var info = factory.newSignedInfo(
            factory.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
            factory.newSignatureMethod("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", null), List.of(reference));
        // SAML core 5.4.1, schema: the signature stands right after Issuer.
        var context = new DOMSignContext(key, assertion, assertion.getElementsByTagNameNS(SAML, "Subject").item(0));
        context.setDefaultNamespacePrefix("ds");
        factory.newXMLSignature(info, null).sign(context);
        var out = new StringWriter();
        TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(out));
        return Map.of("xml", out.toString());
    }

    private static Document parse(String xml) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        return factory.newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }
}
