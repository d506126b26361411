package labkit.fhir;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * Asks labkit who may do what: {@code POST /decide} (see labkit/access/decisions.py).
 *
 * <p>This server knows no patient's consent and no token's scope. It tells what is asked for, and by
 * which token, and does what it is told. What is not a clear yes is a no: no answer in time, another
 * status, an answer that cannot be read.
 */
final class Decisions {

    /** Of this very server's administrator: the lab itself, which empties and fills it. */
    static final String KEY = "X-Labkit-Key";

    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final String BEARER = "bearer ";

    /** An answer, and why. */
    record Decision(boolean allowed, String reason) {}

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();
    private final ObjectMapper json = new ObjectMapper();
    private final FhirContext context;
    private final URI url;
    private final String key;

    Decisions(FhirContext context, URI url, String key) {
        this.context = context;
        this.url = url;
        this.key = key;
    }

    /** Whether a request is the administrator's. */
    boolean administers(RequestDetails request) {
        String given = request.getHeader(KEY);
        return given != null
                && MessageDigest.isEqual(
                        given.getBytes(StandardCharsets.UTF_8), key.getBytes(StandardCharsets.UTF_8));
    }

    /** Ask about a whole resource. */
    Decision ask(RequestDetails request, String action, IBaseResource resource) {
        try {
            // What no decision is made of stays here, and may be long.
            IParser parser = context.newJsonParser();
            parser.setDontEncodeElements(
                    Set.of("*.text", "Binary.data", "ImagingStudy.series.instance",
                            "DiagnosticReport.presentedForm.data", "Media.content.data",
                            "DocumentReference.content.attachment.data"));
            ObjectNode tree = (ObjectNode) json.readTree(parser.encodeResourceToString(resource));
            // Its own id and no version, whatever the parser makes of them; a new one has none yet.
            String id = resource.getIdElement().getIdPart();
            tree.put("id", id == null ? "" : id);
            return ask(request, action, "resource", tree);
        } catch (IOException | RuntimeException problem) {
            return failed(problem);
        }
    }

    /** Ask about resources of a type, or about one that is known by its id alone. */
    Decision ask(RequestDetails request, String action, String type, String id, String query) {
        ObjectNode about = json.createObjectNode().put("resourceType", type);
        if (!id.isEmpty()) {
            about.put("id", id);
        }
        if (!query.isEmpty()) {
            about.put("query", query);
        }
        return ask(request, action, "about", about);
    }

    private Decision ask(RequestDetails request, String action, String name, JsonNode what) {
        try {
            ObjectNode question = json.createObjectNode().put("action", action);
            question.set(name, what);
            ObjectNode body = json.createObjectNode().put("token", token(request));
            body.putArray("questions").add(question);
            HttpRequest sent =
                    HttpRequest.newBuilder(url)
                            .timeout(ANSWER)
                            .header(KEY, key)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(json.writeValueAsBytes(body)))
                            .build();
            HttpResponse<byte[]> answer = http.send(sent, HttpResponse.BodyHandlers.ofByteArray());
            if (answer.statusCode() != 200) {
                return new Decision(false, "no decision: it was answered " + answer.statusCode());
            }
            JsonNode decisions = json.readTree(answer.body()).path("decisions");
            if (decisions.size() != 1) {
                return new Decision(false, "no decision: the answer cannot be read");
            }
            JsonNode decision = decisions.get(0);
            // asBoolean() would take the text "true" for a yes
            boolean allowed = decision.path("allowed").isBoolean() && decision.path("allowed").booleanValue();
            return new Decision(allowed, decision.path("reason").asText("no reason given"));
        } catch (IOException | RuntimeException problem) {
            return failed(problem);
        } catch (InterruptedException problem) {
            Thread.currentThread().interrupt();
            return failed(problem);
        }
    }

    private static Decision failed(Exception problem) {
        return new Decision(false, "no decision: " + problem.getClass().getSimpleName());
    }

    /** The bearer token (RFC 6750 2.1); empty where there is none, or more than one. */
    private static String token(RequestDetails request) {
        var given = request.getHeaders("Authorization");
        if (given == null || given.size() != 1) {
            return "";
        }
        String value = given.get(0);
        boolean bearer = value.regionMatches(true, 0, BEARER, 0, BEARER.length());
        return bearer ? value.substring(BEARER.length()).strip() : "";
    }
}
