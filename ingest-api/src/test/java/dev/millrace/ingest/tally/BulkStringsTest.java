package dev.millrace.ingest.tally;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BulkStringsTest {

    @Test
    void textsAreCountedInBytes() {
        assertThat(written(new BulkStrings(0).add("").add("a").add("Zoë|été")))
                .isEqualTo("$0\r\n\r\n$1\r\na\r\n$10\r\nZoë|été\r\n");
        String long12 = "x".repeat(12);
        String long123 = "y".repeat(123);
        assertThat(written(new BulkStrings(1).add(long12).add(long123)))
                .isEqualTo("$12\r\n" + long12 + "\r\n$123\r\n" + long123 + "\r\n");
    }

    @Test
    void numbersAreDecimal() {
        long[] numbers = {0, 7, -1, 10, -999, Long.MAX_VALUE, Long.MIN_VALUE};
        for (long number : numbers) {
            String text = Long.toString(number);
            assertThat(written(new BulkStrings(4).add(number)))
                    .isEqualTo("$%d\r\n%s\r\n".formatted(text.length(), text));
        }
    }

    @Test
    void aPrefixAndItsNumberAreOneString() {
        byte[] prefix = "{p00}:seen:".getBytes(StandardCharsets.US_ASCII);
        assertThat(written(new BulkStrings(4).add(prefix, 0).add(prefix, 1_023)))
                .isEqualTo("$12\r\n{p00}:seen:0\r\n$15\r\n{p00}:seen:1023\r\n");
    }

    @Test
    void othersFollowAsTheyAre() {
        BulkStrings all =
                new BulkStrings(2).add("a").addAll(new BulkStrings(9).add(1).add(2));
        assertThat(all.count()).isEqualTo(3);
        assertThat(written(all)).isEqualTo("$1\r\na\r\n$1\r\n1\r\n$1\r\n2\r\n");
    }

    private static String written(BulkStrings strings) {
        ByteBuf out = Unpooled.buffer();
        strings.writeTo(out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
