package dev.millrace.lab.torture;

import com.google.common.util.concurrent.AtomicLongMap;
import dev.millrace.lab.torture.Oracle.Cell;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.server.JsonClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import tools.jackson.databind.json.JsonMapper;

/**
 * Operators at work while faults happen: they correct, pay out, hold creators and suspend a publisher. Each act is sent until it has an answer,
 * under one key, so it is booked once however often it arrives. They move money of some creators only. Thread-safe.
 */
final class Operators {
    static final String SUBJECT = "operator";

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final Duration PAUSE = Duration.ofMillis(150);

    /** Of creators, the popular ones among them. */
    private static final int ONE_IN = 5;

    private static final int MOST_MICROS = 3_000;
    private static final int CREATED = 201;
    private static final int OK = 200;
    private static final int CONFLICT = 409;
    private static final int UNAVAILABLE = 503;

    private static final JsonClient.Answer NONE = new JsonClient.Answer(
            0, HttpHeaders.of(Map.of(), (_, _) -> true), JsonMapper.shared().createObjectNode());

    /** Micros taken back, cell by cell. */
    final AtomicLongMap<Cell> corrected = AtomicLongMap.create();

    /** Micros paid out, by creator. */
    final AtomicLongMap<String> paid = AtomicLongMap.create();

    /** Acts that were done, by the name of the audit trail. */
    final AtomicLongMap<String> done = AtomicLongMap.create();

    /** Requests that had to be sent again. */
    final AtomicLongMap<String> repeated = AtomicLongMap.create();

    /** Micros that were about to be moved, by creator: they may be. */
    private final AtomicLongMap<String> asked = AtomicLongMap.create();

    private final URI ledger;
    private final BearerMint bearer;
    private final Clock clock;
    private final Deviations deviations;
    private volatile long deadline = Long.MAX_VALUE;

    Operators(URI ledger, BearerMint bearer, Clock clock, Deviations deviations) {
        this.ledger = ledger;
        this.bearer = bearer;
        this.clock = clock;
        this.deviations = deviations;
    }

    /** The most that was taken from a creator's balance. */
    long askedOf(String creator) {
        return asked.get(creator);
    }

    /** From now on nothing is tried for longer than this. */
    void giveUpAfter(Duration patience) {
        deadline = System.nanoTime() + patience.toNanos();
    }

    boolean actOnce(RandomGenerator random) throws InterruptedException {
        String creator = Cell.creator(ONE_IN * random.nextInt(Cell.CREATORS / ONE_IN / 10));
        switch (random.nextInt(8)) {
            case 0 -> hold(creator);
            case 1 -> suspend(random);
            case 2, 3, 4 -> payOut(creator, random);
            default -> correct(new Cell(creator, Cell.publisher(random.nextInt(Cell.PUBLISHERS))), random);
        }
        Thread.sleep(PAUSE);
        return true;
    }

    private void correct(Cell cell, RandomGenerator random) throws InterruptedException {
        long micros = random.nextInt(1, MOST_MICROS);
        asked.addAndGet(cell.creator(), micros);
        JsonClient.Answer answer = send(
                "POST",
                "/v1/admin/corrections",
                "{\"creator\":\"%s\",\"publisher\":\"%s\",\"article\":\"/%s/0\",\"micros\":%d,\"reason\":\"robots\"}"
                        .formatted(cell.creator(), cell.publisher(), cell.creator(), micros));
        if (answer.status() == CREATED) {
            corrected.addAndGet(cell, micros);
            done.incrementAndGet("correction.book");
        } else {
            expect(CONFLICT, answer, "a correction");
        }
    }

    private void payOut(String creator, RandomGenerator random) throws InterruptedException {
        long micros = random.nextInt(1, MOST_MICROS);
        boolean pays = random.nextInt(4) > 0;
        asked.addAndGet(creator, micros);
        JsonClient.Answer answer =
                send("POST", "/v1/admin/payouts", "{\"creator\":\"%s\",\"micros\":%d}".formatted(creator, micros));
        if (answer.status() != CREATED) {
            expect(CONFLICT, answer, "a payout");
            return;
        }
        done.incrementAndGet("payout.request");
        String id = answer.body().at("/payouts/0/id").asString();
        JsonClient.Answer end = end(id, pays);
        while (isHeld(end)) { // by the other operator, for a moment
            Thread.sleep(PAUSE);
            end = end(id, pays);
        }
        if (end.status() == OK) {
            paid.addAndGet(creator, pays ? micros : 0);
            done.incrementAndGet(pays ? "payout.pay" : "payout.fail");
        } else {
            expect(OK, end, "the end of a payout");
        }
    }

    private JsonClient.Answer end(String payout, boolean pays) throws InterruptedException {
        return send(
                "POST",
                "/v1/admin/payouts/" + payout + (pays ? "/paid" : "/failed"),
                pays ? "{\"reference\":\"bank-" + payout + "\"}" : "{\"reason\":\"no account\"}");
    }

    private static boolean isHeld(JsonClient.Answer answer) {
        return answer.status() == CONFLICT
                && answer.body().path("detail").asString("").endsWith("is held");
    }

    /** Nothing is available to a creator who is held. */
    private void hold(String creator) throws InterruptedException {
        String path = "/v1/admin/creators/" + creator;
        expect(
                OK,
                send("PATCH", path, "{\"state\":\"held\",\"reason\":\"clicks\",\"until\":\"2099-01-01T00:00:00Z\"}"),
                "a hold");
        expect(
                CONFLICT,
                send("POST", "/v1/admin/payouts", "{\"creator\":\"%s\",\"micros\":1}".formatted(creator)),
                "a payout of a held creator");
        expect(OK, send("PATCH", path, "{\"state\":\"active\"}"), "a release");
        done.incrementAndGet("holds");
    }

    /** Lets a publisher's page tokens count for readers of this site. */
    void allowPages(String publisher, String site) throws InterruptedException {
        expect(
                OK,
                send(
                        "PATCH",
                        "/v1/admin/publishers/" + publisher,
                        "{\"pageTokens\":true,\"sites\":[\"%s\"]}".formatted(site)),
                "a change of page tokens");
    }

    /** Events of the publisher are sent until it is active again. */
    private void suspend(RandomGenerator random) throws InterruptedException {
        String path = "/v1/admin/publishers/" + Cell.publisher(random.nextInt(Cell.PUBLISHERS));
        expect(OK, send("PATCH", path, "{\"state\":\"suspended\",\"reason\":\"an invoice\"}"), "a suspension");
        Thread.sleep(PAUSE);
        expect(OK, send("PATCH", path, "{\"state\":\"active\"}"), "its end");
        done.incrementAndGet("suspensions");
    }

    private void expect(int status, JsonClient.Answer answer, String what) {
        if (answer.status() != status && answer.status() != 0) {
            deviations.add("answer to " + what, Integer.toString(status), answer.status() + " " + answer.body());
        }
    }

    /** The same request under the same key until it is answered; status 0 where that takes too long. */
    private JsonClient.Answer send(String method, String path, String body) throws InterruptedException {
        String key = UUID.randomUUID().toString();
        while (System.nanoTime() < deadline) {
            String token = bearer.forAdmin(SUBJECT, clock.instant(), LIFETIME);
            try {
                JsonClient.Answer answer = JsonClient.send(HttpRequest.newBuilder(ledger.resolve(path))
                        .timeout(TIMEOUT)
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", key)
                        .method(method, HttpRequest.BodyPublishers.ofString(body)));
                if (answer.status() != UNAVAILABLE) {
                    return answer;
                }
                repeated.incrementAndGet(Integer.toString(answer.status()));
            } catch (IOException e) {
                repeated.incrementAndGet("no answer");
            }
            Thread.sleep(PAUSE);
        }
        deviations.add("answer to an operator", "one in time", method + " " + path);
        return NONE;
    }
}
