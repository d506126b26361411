package labkit.fhir;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.searchparam.registry.RuntimeSearchParamCache;
import ca.uhn.fhir.jpa.searchparam.registry.SearchParamRegistryImpl;
import ca.uhn.fhir.jpa.searchparam.registry.SearchParameterCanonicalizer;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.SearchParameter;

/**
 * What can be searched by: R4's parameters, and those that IHE's MHD adds (a document by when it was
 * made, a submission by its source).
 *
 * <p>HAPI takes further ones from its database, where a reset would empty them; these are beside the
 * built-in ones, in memory.
 */
final class SearchParameters extends SearchParamRegistryImpl {

    private final Bundle more;
    private final SearchParameterCanonicalizer reader;

    SearchParameters(FhirContext context) {
        reader = new SearchParameterCanonicalizer(context);
        try (var file = SearchParameters.class.getResourceAsStream("/search/mhd.json")) {
            var text = new InputStreamReader(file, StandardCharsets.UTF_8);
            more = context.newJsonParser().parseResource(Bundle.class, text);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** Called with all that there are, each time that they are read anew. */
    @Override
    public void setActiveSearchParams(RuntimeSearchParamCache found) {
        for (var entry : more.getEntry()) {
            var parameter = (SearchParameter) entry.getResource();
            var base = parameter.getBase().get(0).getCode();
            found.add(base, parameter.getCode(), reader.canonicalizeSearchParameter(parameter));
        }
        super.setActiveSearchParams(found);
    }
}
