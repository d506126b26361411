package labkit.fhir;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.interceptor.RequestValidatingInterceptor;
import ca.uhn.fhir.validation.IValidatorModule;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Refuses (422, with an OperationOutcome) what R4 forbids, before it is stored. */
public final class Validation extends RequestValidatingInterceptor {

    Validation(IValidatorModule validator) {
        addValidatorModule(validator);
        // What is not even JSON has no findings: the parser, which comes next, answers 400.
        setIgnoreValidatorExceptions(true);
        setFailOnSeverity(ResultSeverityEnum.ERROR);
        setAddResponseHeaderOnSeverity(null);
    }

    /** Let $validate through: it is asked what is wrong, and answers 200 with what it found. */
    @Override
    public boolean incomingRequestPostProcessed(
            RequestDetails request, HttpServletRequest http, HttpServletResponse answer) {
        return "$validate".equals(request.getOperation())
                || super.incomingRequestPostProcessed(request, http, answer);
    }
}
