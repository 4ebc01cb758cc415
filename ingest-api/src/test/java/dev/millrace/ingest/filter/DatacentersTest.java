package dev.millrace.ingest.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import com.google.common.net.InetAddresses;
import dev.millrace.common.message.SettingException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatacentersTest {
    @TempDir
    private Path folder;

    private long written = 1_800_000_000_000L;

    private Path write(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("datacenters.txt"), text, StandardCharsets.UTF_8);
        written += 1_000;
        return Files.setLastModifiedTime(file, FileTime.fromMillis(written));
    }

    private static Datacenters read(Path file) {
        return Datacenters.of(file, Ticker.systemTicker());
    }

    private static List<String> on(Datacenters list, String... addresses) {
        return Stream.of(addresses)
                .filter(address -> list.have(InetAddresses.forString(address)))
                .toList();
    }

    @Test
    void aListHasNetworksAddressesAndComments() throws IOException {
        Datacenters list = read(
                write(
                        "\ufeff# Provider A\r\n192.0.2.0/24\r\n\n  198.51.100.77 # one host\n2001:db8:1::/48\n2001:db8:2::5\n"));
        assertThat(list.size()).isEqualTo(4);
        assertThat(on(list, "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"))
                .containsExactly("192.0.2.0", "192.0.2.255");
        assertThat(on(list, "198.51.100.76", "198.51.100.77", "198.51.100.78")).containsExactly("198.51.100.77");
        assertThat(on(
                        list,
                        "2001:db8:1::",
                        "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
                        "2001:db8:2::4",
                        "2001:db8:2::5",
                        "2001:db8:2::6"))
                .containsExactly("2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", "2001:db8:2::5");
        assertThat(on(list, "::", "0.0.0.0", "255.255.255.255", "ffff::")).isEmpty();
    }

    @Test
    void anAddressWithinANetworkStandsForTheNetworkAndOverlapsAreOne() throws IOException {
        Datacenters list = read(write("10.1.2.3/16\n10.1.0.0/24\n10.1.255.0/24\n10.0.0.0/15\n::ffff:172.16.0.0/108\n"));
        assertThat(list.size()).isEqualTo(2);
        assertThat(on(list, "10.0.0.0", "10.1.255.255", "10.2.0.0", "172.31.255.255", "172.32.0.0"))
                .containsExactly("10.0.0.0", "10.1.255.255", "172.31.255.255");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    example.com      | is no network
                    10.0.0           | is no network
                    10.0.0.256/24    | is no network
                    fe80::1%eth0/64  | is no network
                    10.0.0.0/        | has no prefix from 8 to 32 bits
                    10.0.0.0/33      | has no prefix from 8 to 32 bits
                    10.0.0.0/-1      | has no prefix from 8 to 32 bits
                    10.0.0.0/9999    | has no prefix from 8 to 32 bits
                    2001:db8::/129   | has no prefix from 16 to 128 bits
                    0.0.0.0/0        | is too wide, fewer than 8 bits
                    10.0.0.0/1       | is too wide, fewer than 8 bits
                    2001:db8::/3     | is too wide, fewer than 16 bits
                    10.0.0.0/8 extra | has no prefix from 8 to 32 bits
                    """)
    void aLineThatIsNoNetworkIsNamedWithItsRemedy(String line, String mistake) throws IOException {
        Path file = write("# list\n192.0.2.0/24\n" + line + "\n");
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(SettingException.class)
                .hasMessage(
                        "MILLRACE_DATACENTERS: %s, line 3: \"%s\" %s; write one such as 192.0.2.0/24 or 2001:db8::/32, or put # before it",
                        file, line, mistake);
    }

    @Test
    void aFileThatIsMissingAtTheStartIsNamed() {
        Path file = folder.resolve("none.txt");
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(SettingException.class)
                .hasMessage(
                        "MILLRACE_DATACENTERS: there is no file %s; write one, or leave MILLRACE_DATACENTERS out",
                        file);
    }

    @Test
    void aFileThatIsTooLargeIsRefused() throws IOException {
        Path file = write("#".repeat((16 << 20) + 1));
        assertThatThrownBy(() -> read(file))
                .hasMessage("MILLRACE_DATACENTERS: %s: it has 16777217 bytes; at most 16777216 are read", file);
    }

    @Test
    void aChangedFileIsReadAgain() throws IOException {
        Datacenters list = read(write("192.0.2.0/24\n"));
        write("198.51.100.0/24\n");
        assertThat(on(list, "192.0.2.1", "198.51.100.1")).containsExactly("192.0.2.1");
        list.refresh();
        assertThat(on(list, "192.0.2.1", "198.51.100.1")).containsExactly("198.51.100.1");
        Path other = Files.writeString(folder.resolve("other.txt"), "203.0.113.0/24\n");
        Files.move(other, folder.resolve("datacenters.txt"), StandardCopyOption.REPLACE_EXISTING);
        list.refresh();
        assertThat(on(list, "198.51.100.1", "203.0.113.1")).containsExactly("203.0.113.1");
        write("");
        list.refresh();
        assertThat(list.size()).isZero();
    }

    @Test
    void theListBeforeStaysWhereTheNewOneCanNotBeRead() throws IOException {
        Path file = write("192.0.2.0/24\n");
        Datacenters list = read(file);
        write("198.51.100.0/24\nnonsense\n");
        list.refresh();
        assertThat(on(list, "192.0.2.1", "198.51.100.1")).containsExactly("192.0.2.1");
        Files.delete(file);
        list.refresh();
        assertThat(on(list, "192.0.2.1", "198.51.100.1")).containsExactly("192.0.2.1");
        write("198.51.100.0/24\n");
        list.refresh();
        assertThat(on(list, "192.0.2.1", "198.51.100.1")).containsExactly("198.51.100.1");
    }

    @Test
    void noListHasNoAddress() {
        Datacenters none = Datacenters.none();
        none.refresh();
        assertThat(none.size()).isZero();
        assertThat(on(none, "192.0.2.1", "::1")).isEmpty();
    }

    /** Against a look at every network, with a printed seed. The figures are printed and not asserted. */
    @Test
    void aHundredThousandNetworksAnswerAsALookAtEachDoes() {
        long seed = 42;
        Random random = new Random(seed);
        List<String> networks = IntStream.range(0, 100_000)
                .mapToObj(i -> i % 2 == 0
                        ? "%d.%d.%d.0/%d"
                                .formatted(
                                        random.nextInt(256),
                                        random.nextInt(256),
                                        random.nextInt(256),
                                        20 + random.nextInt(13))
                        : "2a0%d:%x:%x::/%d"
                                .formatted(
                                        random.nextInt(10),
                                        random.nextInt(65536),
                                        random.nextInt(65536),
                                        32 + random.nextInt(33)))
                .toList();
        long began = cpu();
        AddressRanges ranges = AddressRanges.parse(networks.stream());
        long parsed = cpu();
        List<InetAddress> sought = IntStream.range(0, 200_000)
                .mapToObj(_ -> InetAddresses.fromInteger(random.nextInt()))
                .map(InetAddress.class::cast)
                .toList();
        long asked = cpu();
        long found = sought.stream().filter(ranges::have).count();
        long done = cpu();
        System.out.printf(
                "datacenters: seed %d, %d ranges in %d ms, %d ns a look-up%n",
                seed, ranges.size(), (parsed - began) / 1_000_000, (done - asked) / sought.size());
        assertThat(sought.stream().limit(200).filter(ranges::have).toList())
                .isEqualTo(sought.stream()
                        .limit(200)
                        .filter(address -> isInOne(networks, address))
                        .toList());
        assertThat(found).isPositive();
    }

    /** Nanoseconds that this thread has computed, whatever else the machine does. */
    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static boolean isInOne(List<String> networks, InetAddress address) {
        long bits = Integer.toUnsignedLong(InetAddresses.coerceToInteger(address));
        return networks.stream().filter(network -> network.indexOf(':') < 0).anyMatch(network -> {
            int slash = network.indexOf('/');
            int shift = 32 - Integer.parseInt(network.substring(slash + 1));
            long base = Integer.toUnsignedLong(
                    InetAddresses.coerceToInteger(InetAddresses.forString(network.substring(0, slash))));
            return bits >> shift == base >> shift;
        });
    }
}
