package labkit.fhir;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.subscription.model.CanonicalSubscription;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/**
 * Takes notices for a loopback address to another host.
 *
 * <p>A learner's notebook listens on its own 127.0.0.1 and says so in the Subscription. Inside a
 * container that address is the container itself. Only the delivery is turned: the stored
 * Subscription stays as it was written.
 */
@Interceptor
public final class Callback {

    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

    private final String host;

    Callback(String host) {
        this.host = host;
    }

    /** Say where this notice goes; any other address is left alone. */
    @Hook(Pointcut.SUBSCRIPTION_BEFORE_REST_HOOK_DELIVERY)
    public void redirect(CanonicalSubscription subscription) throws URISyntaxException {
        var to = new URI(subscription.getEndpointUrl());
        if (LOOPBACK.contains(to.getHost())) {
            subscription.setEndpointUrl(
                    new URI(to.getScheme(), null, host, to.getPort(), to.getPath(), to.getQuery(), null)
                            .toString());
        }
    }
}
