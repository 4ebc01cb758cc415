package dev.millrace.lab.bench.kafka;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How far the topics go, and how far they have been counted. */
public final class Offsets implements AutoCloseable {
    private final Admin admin;

    /** @param broker its address */
    public Offsets(String broker) {
        this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker));
    }

    /** Creates both topics. */
    public void createTopics() throws ExecutionException, InterruptedException {
        Collection<NewTopic> topics = Stream.of(Topics.CLICKS, Topics.TOTALS)
                .map(topic -> new NewTopic(topic, Topics.PARTITIONS, (short) 1))
                .toList();
        admin.createTopics(topics).all().get();
    }

    /** Whether all clicks before these offsets have been counted, and their totals written to their topic. */
    public boolean areCounted(Map<Integer, Long> ends) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(Totals.APPLICATION)
                .partitionsToOffsetAndMetadata()
                .get();
        return ends.entrySet().stream().allMatch(end -> {
            OffsetAndMetadata counted = committed.get(new TopicPartition(Topics.CLICKS, end.getKey()));
            return end.getValue() == 0 || (counted != null && counted.offset() >= end.getValue());
        });
    }

    /** The next offset of each partition, whether what is before it has been committed or not. */
    public Map<Integer, Long> ends(String topic) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> latest = IntStream.range(0, Topics.PARTITIONS)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        return admin.listOffsets(latest).all().get().entrySet().stream()
                .collect(Collectors.toMap(
                        end -> end.getKey().partition(), end -> end.getValue().offset()));
    }

    @Override
    public void close() {
        admin.close();
    }
}
