package labkit.fhir;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.subscription.match.registry.SubscriptionRegistry;

/**
 * {@code $expunge} of everything empties the database, but Subscriptions are also kept in memory and
 * would go on sending until that is looked over again, a minute later. So they are forgotten here.
 */
@Interceptor
public final class Reset {

    private final SubscriptionRegistry subscriptions;

    Reset(SubscriptionRegistry subscriptions) {
        this.subscriptions = subscriptions;
    }

    @Hook(Pointcut.STORAGE_PRESTORAGE_EXPUNGE_EVERYTHING)
    public void forget() {
        subscriptions.unregisterAllSubscriptions();
    }
}
