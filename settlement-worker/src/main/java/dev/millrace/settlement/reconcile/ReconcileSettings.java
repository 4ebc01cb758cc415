package dev.millrace.settlement.reconcile;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the comparison; application.yml says which variable sets each.
 *
 * @param reader the login that reads the ledger; empty: the worker's own
 * @param readerPassword its password
 */
@ConfigurationProperties("millrace.reconcile")
record ReconcileSettings(
        @DefaultValue("") String reader, @DefaultValue("") String readerPassword) {}
