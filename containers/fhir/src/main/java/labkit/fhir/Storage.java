package labkit.fhir;

import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binary.api.IBinaryStorageSvc;
import ca.uhn.fhir.jpa.binstore.DatabaseBinaryContentStorageSvcImpl;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.match.config.SubscriptionProcessorConfig;
import ca.uhn.fhir.jpa.subscription.match.deliver.email.IEmailSender;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.fhir.rest.api.SearchTotalModeEnum;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.persistence.EntityManagerFactory;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.hl7.fhir.dstu2.model.Subscription.SubscriptionChannelType;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/** How resources are kept: HAPI's own configuration, with a database and a few choices. */
@Configuration
@Import({
    JpaR4Config.class,
    HapiJpaConfig.class,
    JpaBatch2Config.class,
    Batch2JobsConfig.class,
    ThreadPoolFactoryConfig.class,
    SubscriptionChannelConfig.class,
    SubscriptionSubmitterConfig.class,
    SubscriptionProcessorConfig.class
})
class Storage {

    @Bean(destroyMethod = "close")
    BasicDataSource dataSource(Settings settings) {
        var source = new BasicDataSource();
        source.setDriverClassName("org.h2.Driver");
        source.setUrl(settings.database());
        source.setUsername("sa");
        source.setPassword("");
        source.setMaxTotal(32);
        return source;
    }

    @Bean
    @Primary
    LocalContainerEntityManagerFactoryBean entityManagerFactory(
            ConfigurableListableBeanFactory beans,
            FhirContext context,
            Settings settings,
            JpaStorageSettings storage,
            DataSource dataSource) {
        var factory = HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, context, storage);
        factory.setPersistenceUnitName("fhir");
        factory.setDataSource(dataSource);
        factory.setJpaPropertyMap(
                Map.of(
                        "hibernate.dialect", HapiFhirH2Dialect.class.getName(),
                        "hibernate.hbm2ddl.auto",
                                settings.inMemory() ? "create" : "update",
                        "hibernate.jdbc.batch_size", "20",
                        // Full-text search would need Lucene's index on disk; the lab has no use for it.
                        "hibernate.search.enabled", "false"));
        return factory;
    }

    @Bean
    @Primary
    JpaTransactionManager transactionManager(EntityManagerFactory factory) {
        return new JpaTransactionManager(factory);
    }

    /** In the place of HAPI's own, which has this name. */
    @Bean
    ISearchParamRegistry searchParamRegistry(FhirContext context) {
        return new SearchParameters(context);
    }

    @Bean
    JpaStorageSettings jpaStorageSettings(Settings settings) {
        var storage = new JpaStorageSettings();
        // PUT Patient/anna-example and PUT Patient/1 both create: the client may choose any id.
        storage.setResourceClientIdStrategy(JpaStorageSettings.ClientIdStrategyEnum.ANY);
        storage.setResourceServerIdStrategy(JpaStorageSettings.IdStrategyEnum.UUID);
        // Imaging refers to what other systems hold: a target need not be here (R4 references.html).
        storage.setEnforceReferentialIntegrityOnWrite(false);
        storage.setEnforceReferentialIntegrityOnDelete(false);
        storage.setAllowExternalReferences(true);
        if (!settings.baseUrl().isEmpty()) {
            storage.getTreatBaseUrlsAsLocal().add(settings.baseUrl());
        }
        // A resource comes back as it was sent, without a meta.source of the server's.
        storage.setStoreMetaSourceInformation(
                JpaStorageSettings.StoreMetaSourceInformationEnum.NONE);
        // Each search is made anew and its total counted: a lab writes, then looks at once.
        storage.setReuseCachedSearchResultsForMillis(null);
        storage.setDefaultTotalMode(SearchTotalModeEnum.ACCURATE);
        storage.setAllowMultipleDelete(true);
        // The lab's reset is one call of $expunge for everything.
        storage.setExpungeEnabled(true);
        storage.setDeleteExpungeEnabled(true);
        storage.setIndexMissingFields(JpaStorageSettings.IndexEnabledEnum.ENABLED); // :missing
        storage.setAllowContainsSearches(true);
        if (settings.guarded()) {
            // A reference by criteria ("Patient?birthdate=…") would tell whether one matches.
            storage.setAllowInlineMatchUrlReferences(false);
        }
        // Codes are in memory (Terminology); nothing has to be expanded into the database.
        storage.setPreExpandValueSets(false);
        storage.setEnableTaskPreExpandValueSets(false);
        return storage;
    }

    @Bean
    PartitionSettings partitionSettings() {
        return new PartitionSettings();
    }

    @Bean
    SubscriptionSettings subscriptionSettings() {
        var subscriptions = new SubscriptionSettings();
        subscriptions.addSupportedSubscriptionType(SubscriptionChannelType.RESTHOOK);
        subscriptions.setSubscriptionChangeQueuedImmediately(true);
        return subscriptions;
    }

    /** HAPI asks for one, though Subscriptions by e-mail are refused when they are written. */
    @Bean
    IEmailSender emailSender() {
        return details -> {
            throw new UnsupportedOperationException("this server sends no e-mail");
        };
    }

    @Bean
    IBinaryStorageSvc binaryStorageSvc() {
        return new DatabaseBinaryContentStorageSvcImpl();
    }
}
