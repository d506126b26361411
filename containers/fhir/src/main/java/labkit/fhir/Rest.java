package labkit.fhir;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.interceptor.api.IInterceptorService;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.provider.ValueSetOperationProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.subscription.match.registry.SubscriptionRegistry;
import ca.uhn.fhir.narrative2.NullNarrativeGenerator;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.HardcodedServerAddressStrategy;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.consent.ConsentInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import java.net.URI;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;
import org.springframework.context.ApplicationContext;

/** What is answered over HTTP: every interaction of R4 on every resource type, and who may ask. */
final class Rest {

    private Rest() {}

    static RestfulServer server(ApplicationContext spring, Settings settings) {
        FhirContext context = spring.getBean(FhirContext.class);
        // By default the parser itself refuses a bad code, with little to say. Let it pass: the
        // validator finds it too, and says in an OperationOutcome where it is and what may stand there.
        context.setParserErrorHandler(new LenientErrorHandler().setErrorOnInvalidValue(false));
        context.setNarrativeGenerator(new NullNarrativeGenerator());

        var server = new RestfulServer(context);
        server.registerProviders(spring.getBean(ResourceProviderFactory.class).createProviders());
        server.registerProvider(spring.getBean(JpaSystemProvider.class));
        server.registerProvider(spring.getBean(ValueSetOperationProvider.class));
        server.setPagingProvider(spring.getBean(DatabaseBackedPagingProvider.class));
        server.setDefaultResponseEncoding(EncodingEnum.JSON);
        if (!settings.baseUrl().isEmpty()) {
            server.setServerAddressStrategy(new HardcodedServerAddressStrategy(settings.baseUrl()));
        }
        var capabilities =
                new JpaCapabilityStatementProvider(
                        server,
                        spring.getBean(IFhirSystemDao.class),
                        spring.getBean(JpaStorageSettings.class),
                        spring.getBean(ISearchParamRegistry.class),
                        spring.getBean(IValidationSupport.class));
        capabilities.setImplementationDescription("HAPI FHIR of the imaging workbook");
        server.setServerConformanceProvider(capabilities);

        if (settings.guarded()) {
            var decisions =
                    new Decisions(context, URI.create(settings.decisionsUrl()), settings.decisionsKey());
            server.registerInterceptor(new Guard(decisions));
            server.registerInterceptor(new ConsentInterceptor(new Consent(decisions)));
        }
        // Asked of every request before it is carried out.
        var validator = spring.getBean(FhirInstanceValidator.class);
        validator.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
        server.registerInterceptor(new Validation(validator));

        // Asked by the storage beneath, which knows nothing of HTTP.
        var hooks = spring.getBean(IInterceptorService.class);
        hooks.registerInterceptor(new Reset(spring.getBean(SubscriptionRegistry.class)));
        if (!settings.callbackHost().isEmpty()) {
            hooks.registerInterceptor(new Callback(settings.callbackHost()));
        }
        return server;
    }
}
