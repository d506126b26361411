package labkit.fhir;

import java.util.Map;

/**
 * What the environment says.
 *
 * @param port TCP port (argument, or {@code PORT}; 8080)
 * @param database JDBC URL: in memory, or in the folder {@code FHIR_DATA}
 * @param baseUrl what the server calls itself ({@code FHIR_BASE_URL}); empty: as the caller did
 * @param callbackHost where notices to a loopback address go ({@code CALLBACK_HOST}); empty: there
 * @param decisionsUrl who is asked what may be seen and done ({@code DECISIONS_URL}); empty: nobody,
 *     and all is open
 * @param decisionsKey what it shares with that service ({@code DECISIONS_KEY})
 */
record Settings(
        int port,
        String database,
        String baseUrl,
        String callbackHost,
        String decisionsUrl,
        String decisionsKey) {

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
                env.getOrDefault("CALLBACK_HOST", ""),
                env.getOrDefault("DECISIONS_URL", ""),
                env.getOrDefault("DECISIONS_KEY", ""));
    }

    /** Whether somebody decides; with half of what that needs, the server does not start. */
    boolean guarded() {
        if (decisionsUrl.isEmpty() != decisionsKey.isEmpty()) {
            throw new IllegalArgumentException("DECISIONS_URL and DECISIONS_KEY go together");
        }
        return !decisionsUrl.isEmpty();
    }

    boolean inMemory() {
        return database.startsWith("jdbc:h2:mem:");
    }
}
