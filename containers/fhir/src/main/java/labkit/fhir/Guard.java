package labkit.fhir;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.model.api.StorageResponseCodeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.ForbiddenOperationException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.rest.server.interceptor.auth.AuthorizationConstants;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Subscription;

/**
 * What the ConsentInterceptor leaves open: writing, operations, and ways to learn of a resource
 * without seeing it.
 *
 * <p>That interceptor looks at what goes out. It asks nothing of what comes in, and passes
 * {@code $meta} by. Each refusal here is a 403 that says why; whether something hidden is there is
 * never the reason.
 */
@Interceptor
public final class Guard {

    private static final int BEFORE = AuthorizationConstants.ORDER_CONSENT_INTERCEPTOR - 1;
    private static final int AFTER = AuthorizationConstants.ORDER_CONSENT_INTERCEPTOR + 1;

    /** All others are refused: what is not known here is not guarded here. */
    private static final Set<RestOperationTypeEnum> KNOWN =
            Set.of(
                    RestOperationTypeEnum.METADATA,
                    RestOperationTypeEnum.READ,
                    RestOperationTypeEnum.VREAD,
                    RestOperationTypeEnum.SEARCH_TYPE,
                    RestOperationTypeEnum.GET_PAGE,
                    RestOperationTypeEnum.HISTORY_INSTANCE,
                    RestOperationTypeEnum.HISTORY_TYPE,
                    RestOperationTypeEnum.HISTORY_SYSTEM,
                    RestOperationTypeEnum.CREATE,
                    RestOperationTypeEnum.UPDATE,
                    RestOperationTypeEnum.DELETE,
                    RestOperationTypeEnum.TRANSACTION);

    /** What is asked about a type before one resource of it is looked up; a search is asked too. */
    private static final Map<RestOperationTypeEnum, String> ASKED_BEFORE =
            Map.of(
                    RestOperationTypeEnum.READ, "read",
                    RestOperationTypeEnum.VREAD, "vread",
                    RestOperationTypeEnum.HISTORY_INSTANCE, "history",
                    RestOperationTypeEnum.HISTORY_TYPE, "history");

    /** Parameters that look into other resources than those that are returned. */
    private static final Set<String> LOOK_ELSEWHERE =
            Set.of("_filter", "_content", "_text", "_list", "_query", "_contained");

    /** As which HAPI's storage answers a delete that found nothing to delete. */
    private static final Set<String> NOTHING_DELETED =
            Set.of(
                    StorageResponseCodeEnum.SUCCESSFUL_DELETE_NOT_FOUND.name(),
                    StorageResponseCodeEnum.SUCCESSFUL_DELETE_ALREADY_DELETED.name());

    private final Decisions decisions;

    Guard(Decisions decisions) {
        this.decisions = decisions;
    }

    /** Refuse what cannot be guarded, before anything is looked up. */
    @Hook(value = Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED, order = BEFORE)
    public void admit(RequestDetails request, RestOperationTypeEnum operation) {
        if (decisions.administers(request)) {
            return;
        }
        boolean validates = "$validate".equals(request.getOperation()) && request.getId() == null;
        if (!validates && (request.getOperation() != null && request.getOperation().startsWith("$")
                || !KNOWN.contains(operation))) {
            throw refused(request.getOperation() + " (" + operation.getCode() + ") is not offered here");
        }
        // Whether the token gives this kind of resource at all; that is no news about any of them.
        String asked = ASKED_BEFORE.get(operation);
        if (asked != null) {
            demand(decisions.ask(request, asked, request.getResourceName(), "", ""), asked);
        }
        if (operation == RestOperationTypeEnum.SEARCH_TYPE) {
            search(request);
        } else if (operation == RestOperationTypeEnum.DELETE && request.getId() == null) {
            throw refused("deletes by criteria are not offered here: delete by id");
        } else if (operation == RestOperationTypeEnum.TRANSACTION) {
            transaction(request.getResource());
        }
    }

    /**
     * Ask about the search itself, and refuse parameters that test other resources: the studies that
     * are found, or an Endpoint that anybody may see, would tell what stands in a hidden Patient.
     */
    private void search(RequestDetails request) {
        var given = new TreeMap<>(request.getParameters());
        for (String name : given.keySet()) {
            boolean chained = name.contains(".") || name.startsWith("_has");
            if (chained || LOOK_ELSEWHERE.contains(name.split(":", 2)[0])) {
                throw refused(name + " looks into other resources, and is not offered here");
            }
        }
        String query =
                given.entrySet().stream()
                        .flatMap(each -> List.of(each.getValue()).stream().map(v -> each.getKey() + "=" + v))
                        .collect(Collectors.joining("&"));
        demand(decisions.ask(request, "search", request.getResourceName(), "", query), "search");
    }

    private static void transaction(IBaseResource body) {
        if (!(body instanceof Bundle bundle)) {
            throw refused("a transaction is a Bundle");
        }
        for (Bundle.BundleEntryComponent entry : bundle.getEntry()) {
            var method = entry.getRequest().getMethod();
            // A DELETE is done where there is nothing, and refused where something is hidden.
            if (method != Bundle.HTTPVerb.POST && method != Bundle.HTTPVerb.PUT) {
                throw refused("in a Bundle only POST and PUT are offered here");
            }
        }
    }

    /** Each write, also of a transaction: the new content, and what it takes the place of. */
    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_CREATED)
    public void creates(IBaseResource resource, RequestDetails request) {
        write(request, "create", resource);
    }

    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_UPDATED)
    public void updates(IBaseResource before, IBaseResource after, RequestDetails request) {
        write(request, "update", before);
        write(request, "update", after);
    }

    @Hook(Pointcut.STORAGE_PRESTORAGE_RESOURCE_DELETED)
    public void deletes(IBaseResource resource, RequestDetails request) {
        try {
            write(request, "delete", resource);
        } catch (ForbiddenOperationException why) {
            throw undeletable(); // without the reason: what is not there has none
        }
    }

    private void write(RequestDetails request, String action, IBaseResource resource) {
        if (request == null || request instanceof SystemRequestDetails || decisions.administers(request)) {
            return; // the server's own, or the lab's
        }
        if (resource instanceof Subscription) {
            throw refused("a Subscription would be told of what its owner may not see");
        }
        demand(decisions.ask(request, action, resource), action);
    }

    /**
     * A history of which nothing may be seen is one that is not there; and a delete of what is not
     * there is answered as one of what may not be deleted.
     */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = AFTER)
    public void show(RequestDetails request, ResponseDetails response) {
        if (request.getRestOperationType() == RestOperationTypeEnum.HISTORY_INSTANCE
                && !decisions.administers(request)
                && response.getResponseResource() instanceof Bundle bundle
                && bundle.getEntry().isEmpty()) {
            throw unknown(request.getId());
        }
        if (request.getRestOperationType() == RestOperationTypeEnum.DELETE
                && !decisions.administers(request)
                && response.getResponseResource() instanceof OperationOutcome outcome
                && outcome.getIssue().stream()
                        .flatMap(issue -> issue.getDetails().getCoding().stream())
                        .anyMatch(coding -> NOTHING_DELETED.contains(coding.getCode()))) {
            throw undeletable();
        }
    }

    private static ForbiddenOperationException undeletable() {
        return refused("delete is not allowed");
    }

    /** "Hidden", "deleted" and "never there" are told in the same words. */
    @Hook(Pointcut.SERVER_PRE_PROCESS_OUTGOING_EXCEPTION)
    public BaseServerResponseException tell(RequestDetails request, Throwable problem) {
        boolean absent =
                problem instanceof ResourceNotFoundException || problem instanceof ResourceGoneException;
        if (absent && request instanceof ServletRequestDetails && request.getId() != null
                && !decisions.administers(request)) {
            return unknown(request.getId());
        }
        return null;
    }

    private static ResourceNotFoundException unknown(IIdType id) {
        return new ResourceNotFoundException("Resource " + id.getValue() + " is not known");
    }

    private static void demand(Decisions.Decision decision, String action) {
        if (!decision.allowed()) {
            String why = decision.reason().isEmpty() ? "" : ": " + decision.reason();
            throw refused(action + " is not allowed" + why);
        }
    }

    private static ForbiddenOperationException refused(String why) {
        return new ForbiddenOperationException(why);
    }
}
