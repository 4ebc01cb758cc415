package dev.millrace.counters;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Counts ({@code tally.lua}). Thread-safe. */
public final class TallyScript {
    private final Script script;
    private final String identityKey;
    private final long clockLeap;
    private final int ackReplicas;
    private final Duration ackTimeout;

    /**
     * @param identityKey fingerprint of the key that identities are hashed under
     * @param clockLeap most that Redis' clock may leap ahead of the last second it was seen at
     * @param ackReplicas replicas that must have counted events before these are answered; 0: none
     * @param ackTimeout longest wait for them
     */
    public TallyScript(String identityKey, Duration clockLeap, int ackReplicas, Duration ackTimeout) {
        this(new Script("tally.lua"), identityKey, clockLeap, ackReplicas, ackTimeout);
    }

    TallyScript(Script script, String identityKey, Duration clockLeap, int ackReplicas, Duration ackTimeout) {
        this.script = script;
        this.identityKey = identityKey;
        this.clockLeap = clockLeap.toSeconds();
        this.ackReplicas = ackReplicas;
        this.ackTimeout = ackTimeout;
    }

    /**
     * The reply to a call.
     *
     * @param second Redis' second
     * @param sections what became of each section, in their order
     */
    public record Reply(long second, List<TallyReply> sections) {}

    /** A section, and the caller's knowledge of its log and epoch. */
    public record Part(TallySection section, LogPosition position, long epoch) {}

    /**
     * Counts sections of different logs, all of them served by this connection; one section where Redis is a cluster.
     *
     * @return fails with {@link RedisUnavailableException} or {@link RedisRefusedException} where it is not known what was counted, and where
     *     the replicas did not acknowledge it in time
     */
    public CompletableFuture<Reply> count(Link link, List<Part> parts) {
        CompletableFuture<List<Object>> answer = script.send(link, args -> {
            args.add(4L * parts.size());
            parts.forEach(part -> part.section().addKeys(part.epoch(), args));
            args.add(Link.bytes(link.process()))
                    .add(Link.bytes(identityKey))
                    .add(Long.toString(clockLeap))
                    .add(ackReplicas > 0 ? "1" : "0");
            parts.forEach(part -> part.section().addArguments(part.position(), part.epoch(), args));
        });
        return (ackReplicas == 0 ? answer : answer.thenCompose(reply -> acknowledged(link, reply)))
                .thenApply(reply -> reply(reply, parts));
    }

    /** Behind the script on its connection: all that was written before it is waited for, by others too. */
    private CompletableFuture<List<Object>> acknowledged(Link link, List<Object> reply) {
        return link.replicated(ackReplicas, ackTimeout).thenApply(_ -> reply);
    }

    private static Reply reply(List<Object> reply, List<Part> parts) {
        if (reply.size() != parts.size() + 1) {
            throw new IllegalStateException(
                    "tally.lua answered %d sections of %d".formatted(reply.size() - 1, parts.size()));
        }
        List<TallyReply> sections = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            sections.add(section((List<?>) reply.get(i + 1), parts.get(i)));
        }
        return new Reply((Long) reply.getFirst(), sections);
    }

    private static TallyReply section(List<?> reply, Part part) {
        String status = Link.text(reply.getFirst());
        return switch (status) {
            case "counted" ->
                new TallyReply.Counted(
                        new LogPosition(part.position().lineage(), Link.text(reply.get(1)), number(reply.get(2))),
                        Link.text(reply.get(3)),
                        LogEntry.list(reply.get(4)));
            case "behind" -> new TallyReply.Behind(LogEntry.list(reply.get(1)));
            case "trimmed" -> new TallyReply.Anew("its position is no longer in the log");
            case "lineage" -> new TallyReply.Anew("another lineage");
            case "moved" -> moved(Link.text(reply.get(1)));
            case "closed" -> new TallyReply.Refused("no epoch is open; settlement-worker opens one");
            case "unconfirmed" ->
                new TallyReply.Refused(
                        "this Redis has not been compared with the ledger yet; settlement-worker does that");
            case "key" ->
                new TallyReply.Refused(
                        "identities of another key are remembered here; all nodes take the same MILLRACE_IDENTITY_KEY, for ever");
            case "clock" ->
                new TallyReply.Refused(
                        "Redis' clock fell back or leapt: it had said %d".formatted((Long) reply.get(1)));
            case "sealed" -> new TallyReply.Refused("the open epoch is marked as sealed");
            case "corrupt" ->
                new TallyReply.Corrupt(Link.text(reply.get(1)), reply.size() > 2 ? Link.text(reply.get(2)) : "");
            default -> throw new IllegalStateException("tally.lua answered '%s'".formatted(status));
        };
    }

    /** Somebody may have edited Redis by hand. */
    private static TallyReply moved(String epoch) {
        return epoch.matches("[1-9][0-9]{0,17}")
                ? new TallyReply.Moved(Long.parseLong(epoch))
                : new TallyReply.Refused(
                        "its pointer names epoch '%s'; settlement-worker opens it anew".formatted(epoch));
    }

    private static long number(Object bulk) {
        return Long.parseLong(Link.text(bulk));
    }
}
