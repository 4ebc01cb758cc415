package dev.millrace.local.replay;

import dev.millrace.common.token.Kid;
import java.net.URI;
import java.time.Duration;

/**
 * How to replay.
 *
 * @param kid the publisher's key that signs the events
 * @param secret of that key, as printed
 * @param creators over how many creators the articles are spread, at least 1
 * @param url where events go
 * @param batch events a request, 1 to 1000; a request of long tokens has fewer
 * @param inFlight requests at a time, at least 1
 * @param patience how long nothing may get through before it gives up
 * @param dryRun counts only, sends nothing
 */
public record ReplayPlan(
        Kid kid, String secret, int creators, URI url, int batch, int inFlight, Duration patience, boolean dryRun) {
    @Override
    public String toString() {
        return "ReplayPlan[" + kid + " to " + url + "]";
    }
}
