package labkit.fhir;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.interceptor.RequestValidatingInterceptor;
import ca.uhn.fhir.validation.IValidationContext;
import ca.uhn.fhir.validation.IValidatorModule;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import org.hl7.fhir.instance.model.api.IBaseResource;

/** Refuses (422, with an OperationOutcome) what R4 forbids, before it is stored. */
public final class Validation extends RequestValidatingInterceptor {

    Validation(IValidatorModule validator) {
        addValidatorModule(context -> judge(validator, context));
        // What is not even JSON has no findings: the parser, which comes next, answers 400.
        setIgnoreValidatorExceptions(true);
        setFailOnSeverity(ResultSeverityEnum.ERROR);
        setAddResponseHeaderOnSeverity(null);
    }

    /**
     * Check, and take a claim to keep a profile that is not known here for a claim: a server may
     * ignore it (R4 resource.html#profile-tags). Documents that are shared by IHE's MHD make one.
     */
    private static void judge(IValidatorModule validator, IValidationContext<IBaseResource> context) {
        validator.validateResource(context);
        for (var message : context.getMessages()) {
            String id = message.getMessageId();
            if (id != null && id.toUpperCase(Locale.ROOT).startsWith("VALIDATION_VAL_PROFILE_UNKNOWN")) {
                message.setSeverity(ResultSeverityEnum.WARNING);
            }
        }
    }

    /** Let $validate through: it is asked what is wrong, and answers 200 with what it found. */
    @Override
    public boolean incomingRequestPostProcessed(
            RequestDetails request, HttpServletRequest http, HttpServletResponse answer) {
        return "$validate".equals(request.getOperation())
                || super.incomingRequestPostProcessed(request, http, answer);
    }
}
