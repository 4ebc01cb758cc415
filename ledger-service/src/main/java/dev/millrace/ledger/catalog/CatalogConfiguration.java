package dev.millrace.ledger.catalog;

import dev.millrace.books.CatalogSnapshots;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.annotation.EnableScheduling;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
@Import({
    CatalogSnapshots.class,
    PublishedCatalog.class,
    CatalogPublisher.class,
    CatalogChanges.class,
    CatalogEndpoint.class,
    KeyEndpoint.class,
    KeyCheck.class,
    PublisherEndpoint.class,
    CreatorListEndpoint.class
})
public class CatalogConfiguration {}
