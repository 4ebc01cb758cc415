package dev.millrace.lab.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sums up what ingest-api says of the events of all requests, in its minimal answers. For one thread. */
public final class BatchVerdicts implements LoadClient.Answers {
    private static final int ACCEPTED_STATUS = 202;
    private static final Pattern MINIMAL =
            Pattern.compile("\\{\"accepted\":(\\d+),\"duplicate\":(\\d+),\"rejected\":(\\d+)}");

    private long accepted;
    private long duplicate;
    private long rejected;
    private String complaint = "";

    @Override
    public void take(int request, int status, ByteBuffer body) {
        String text = StandardCharsets.UTF_8.decode(body).toString();
        Matcher minimal = MINIMAL.matcher(text);
        if (status == ACCEPTED_STATUS && minimal.matches()) {
            accepted += Long.parseLong(minimal.group(1));
            duplicate += Long.parseLong(minimal.group(2));
            rejected += Long.parseLong(minimal.group(3));
        } else {
            complaint = status + " " + text;
        }
    }

    /** Events that counted now. */
    public long accepted() {
        return accepted;
    }

    /** Events that counted before. */
    public long duplicate() {
        return duplicate;
    }

    /** Events that counted now or before. */
    public long acknowledged() {
        return accepted + duplicate;
    }

    /** Events that will never count. */
    public long rejected() {
        return rejected;
    }

    @Override
    public String toString() {
        return "%d accepted, %d duplicate, %d rejected%s"
                .formatted(accepted, duplicate, rejected, complaint.isEmpty() ? "" : "; " + complaint);
    }
}
