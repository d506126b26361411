package labkit.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.cxf.binding.soap.SoapFault;

/**
 * IPF as the other side of labkit's exchange. One JSON object a line is asked on standard input, one a
 * line is answered on standard output; all else goes to standard error. It ends with its input.
 */
public final class Peer {
    static final ObjectMapper JSON = new ObjectMapper();

    private Peer() {
    }

    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // what libraries print must not come between the answers
        var server = new Server();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            byte[] answer = JSON.writeValueAsBytes(answer(server, JSON.readTree(line)));
            answers.write(answer);
            answers.write('\n');
            answers.flush();
        }
        System.exit(0); // Jetty's threads
    }

    private static Map<String, Object> answer(Server server, JsonNode asked) {
        try {
            String what = asked.get("do").asText();
            return switch (what) {
                case "serve" -> server.serve(asked);
                case "hold" -> server.hold(asked);
                case "received" -> server.received();
                case "verify" -> Signatures.verify(asked.get("xml").asText());
                case "sign" -> Signatures.sign(asked.get("xml").asText(), asked.get("id").asText(), asked.get("key").asText());
                default -> Client.call(what, asked);
            };
        } catch (Exception e) {
            return failed(e);
        }
    }

    /** What was raised, with its causes: a fault of the other side, or IPF not understanding it. */
    static Map<String, Object> failed(Throwable e) {
        var said = new StringBuilder();
        var answer = new LinkedHashMap<String, Object>();
        for (Throwable t = e; t != null && t != t.getCause(); t = t.getCause()) {
            said.append(said.isEmpty() ? "" : " <- ").append(t.getClass().getSimpleName())
                .append(": ").append(t.getMessage());
            if (t instanceof SoapFault fault) {
                answer.put("fault", fault.getReason());
                answer.put("code", fault.getFaultCode().getLocalPart());
                answer.put("subcode", String.valueOf(fault.getSubCode()));
            }
        }
        answer.put("failed", said.toString());
        return answer;
    }
}
