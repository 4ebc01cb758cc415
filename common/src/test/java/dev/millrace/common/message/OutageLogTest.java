package dev.millrace.common.message;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class OutageLogTest {
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(OutageLog.class);
    private long seconds;
    private final OutageLog outage = new OutageLog("The test fails", new Ticker() {
        @Override
        public long read() {
            return Duration.ofSeconds(seconds).toNanos();
        }
    });

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
    }

    @Test
    void anOutageIsToldOnceACauseAndOnceItIsOver() {
        outage.over();
        outage.failed("port 1 is closed");
        outage.failed("port 2 is closed");
        outage.failed("no route");
        outage.failed("port 1 is closed");
        seconds = 75;
        outage.over();
        outage.over();
        outage.failed("port 3 is closed");
        assertThat(told())
                .containsExactly(
                        "WARN The test fails: port 1 is closed (said once until it is over)",
                        "WARN The test fails: no route (said once until it is over)",
                        "INFO The test fails: over after 75 s",
                        "WARN The test fails: port 3 is closed (said once until it is over)");
    }

    @Test
    void causesThatQuoteSomethingElseEachTimeDoNotFillTheLog() {
        for (int i = 0; i < 1_000; i++) {
            outage.failed("x".repeat(i + 1));
        }
        assertThat(told()).hasSize(20);
    }

    private List<String> told() {
        return lines.list.stream()
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .toList();
    }
}
