package labkit.fhir;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.validation.JpaValidationSupportChain;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.r4.model.Bundle;
import org.springframework.context.ApplicationContext;

/**
 * Which codes there are: FHIR's own come with HAPI, DICOM's do not.
 *
 * <p>Without them the validator can only warn that it knows no value set for a modality, and any code
 * passes. They are in memory, so a reset of the database leaves them.
 */
final class Terminology {

    private Terminology() {}

    /** Put the CodeSystems and ValueSets of {@code terminology/dicom.json} before all others. */
    static void load(ApplicationContext spring) throws IOException {
        FhirContext context = spring.getBean(FhirContext.class);
        var codes = new PrePopulatedValidationSupport(context);
        try (var file = Terminology.class.getResourceAsStream("/terminology/dicom.json")) {
            var text = new InputStreamReader(file, StandardCharsets.UTF_8);
            Bundle bundle = context.newJsonParser().parseResource(Bundle.class, text);
            bundle.getEntry().forEach(entry -> codes.addResource(entry.getResource()));
        }
        spring.getBean(JpaValidationSupportChain.class).addValidationSupport(0, codes);
    }
}
