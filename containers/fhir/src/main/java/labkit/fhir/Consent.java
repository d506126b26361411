package labkit.fhir;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.server.interceptor.consent.ConsentOutcome;
import ca.uhn.fhir.rest.server.interceptor.consent.IConsentContextServices;
import ca.uhn.fhir.rest.server.interceptor.consent.IConsentService;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.OperationOutcome;

/**
 * What HAPI's ConsentInterceptor asks: may this be seen?
 *
 * <p>It is asked twice. First when a resource comes from the storage ({@link #canSeeResource}): one
 * that may not be seen is then in no result, no page and no total, as if it were not there. Again
 * when it goes out ({@link #willSeeResource}): a page of an older search was filtered when that
 * search was made, and a consent may have been withdrawn since.
 */
final class Consent implements IConsentService {

    private final Decisions decisions;

    Consent(Decisions decisions) {
        this.decisions = decisions;
    }

    /** The lab itself may see all; everybody else is asked about at each resource. */
    @Override
    public ConsentOutcome startOperation(RequestDetails request, IConsentContextServices services) {
        return decisions.administers(request) ? ConsentOutcome.AUTHORIZED : ConsentOutcome.PROCEED;
    }

    /** What the server looks up for itself, such as its Subscriptions, goes to nobody. */
    @Override
    public boolean shouldProcessCanSeeResource(
            RequestDetails request, IConsentContextServices services) {
        return !(request instanceof SystemRequestDetails);
    }

    @Override
    public ConsentOutcome canSeeResource(
            RequestDetails request, IBaseResource resource, IConsentContextServices services) {
        return decided(request, resource);
    }

    /**
     * Bundles and outcomes are envelopes that this server makes: what is in them is asked about. One
     * that is stored was asked about when it was read.
     */
    @Override
    public ConsentOutcome willSeeResource(
            RequestDetails request, IBaseResource resource, IConsentContextServices services) {
        boolean envelope =
                resource instanceof Bundle
                        || resource instanceof OperationOutcome
                        || resource instanceof CapabilityStatement;
        // What comes from the storage has a version. What has none is contained in one that has, and
        // that one was asked about.
        boolean part = !resource.getIdElement().hasVersionIdPart();
        return envelope || part ? ConsentOutcome.PROCEED : decided(request, resource);
    }

    private ConsentOutcome decided(RequestDetails request, IBaseResource resource) {
        boolean asked = request != null && !(request instanceof SystemRequestDetails);
        boolean allowed = asked && decisions.ask(request, "read", resource).allowed();
        return allowed ? ConsentOutcome.AUTHORIZED : ConsentOutcome.REJECT;
    }
}
