/** Kafka and a Kafka Streams application, as the processes that users would run: what {@code bench} compares with. */
@NullMarked
package dev.millrace.lab.bench.kafka;

import org.jspecify.annotations.NullMarked;
