package dev.millrace.lab.stack;

import java.util.function.ToIntFunction;

/**
 * On which ports the services reach Redis and Postgres: those of the servers, or those of something in between.
 *
 * @param redis the port of Redis as this instance sees it
 * @param postgres the port of Postgres as this instance sees it
 */
public record Links(ToIntFunction<Instance> redis, ToIntFunction<Instance> postgres) {}
