package dev.millrace.ledger.act;

/** Event: an act has changed something that the catalogue carries, such as a publisher's budget. */
public record CatalogMayHaveChanged() {}
