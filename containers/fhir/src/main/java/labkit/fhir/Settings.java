package labkit.fhir;

import java.util.Map;

/**
 * What the environment says.
 *
 * @param port TCP port (argument, or {@code PORT}; 8080)
 * @param database JDBC URL: in memory, or in the folder {@code FHIR_DATA}
 * @param baseUrl what the server calls itself ({@code FHIR_BASE_URL}); empty: as the caller did
 * @param callbackHost where notices to a loopback address go ({@code CALLBACK_HOST}); empty: there
 */
record Settings(int port, String database, String baseUrl, String callbackHost) {

    static Settings fromEnvironment(String[] args) {
        Map<String, String> env = System.getenv();
        String port = args.length > 0 ? args[0] : env.getOrDefault("PORT", "8080");
        String folder = env.getOrDefault("FHIR_DATA", "");
        String database =
                folder.isEmpty()
                        ? "jdbc:h2:mem:fhir;DB_CLOSE_DELAY=-1"
                        : "jdbc:h2:file:" + folder + "/fhir;DB_CLOSE_ON_EXIT=FALSE";
        return new Settings(
                Integer.parseInt(port),
                database,
                env.getOrDefault("FHIR_BASE_URL", ""),
                env.getOrDefault("CALLBACK_HOST", ""));
    }

    boolean inMemory() {
        return database.startsWith("jdbc:h2:mem:");
    }
}
