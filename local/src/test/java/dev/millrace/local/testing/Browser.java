package dev.millrace.local.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.local.process.Programs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real Chromium. Pages have a clock that stands still until the test lets it go on: {@code performance.now}, {@code Date.now} and intervals, put into
 * each page before its own scripts. It also keeps the addresses that a page sends to.
 */
public final class Browser implements AutoCloseable {
    private static final String CLOCK = """
            (() => {
              const start = Date.now(), timers = [], calls = []
              let time = 0
              performance.now = () => time
              Date.now = () => start + time
              window.setInterval = (task, every) => timers.push({ task, every, at: time + every })
              window.advance = milliseconds => {
                const end = time + milliseconds
                for (;;) {
                  const next = timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
                  if (!next) break
                  time = next.at
                  next.at += next.every
                  next.task()
                }
                time = end
              }
              window.calls = calls
              window.answered = 0
              window.problems = []
              addEventListener('error', event => window.problems.push(String(event.message)))
              addEventListener('unhandledrejection', event => window.problems.push(String(event.reason)))
              addEventListener('pageshow', event => window.persisted = event.persisted)
              const fetched = window.fetch, beacon = navigator.sendBeacon.bind(navigator)
              window.fetch = (address, init) => {
                calls.push(String(address))
                const answer = fetched(address, init)
                answer.then(got => got.text.call(got.clone()), () => 0).then(() => setTimeout(() => window.answered++))
                return answer
              }
              navigator.sendBeacon = (address, body) => {
                calls.push('beacon ' + address)
                return beacon(address, body)
              }
            })()
            """;

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /**
     * Skips the tests, and says so, where this machine has no Chromium.
     *
     * @param readers whether the browser looks like a person's, and not like a driven one
     * @param arguments further ones for its command line
     */
    public static Browser start(boolean readers, String... arguments) {
        Optional<Path> chromium = firstOnPath("chromium", "chromium-browser", "google-chrome");
        Optional<Path> driver = firstOnPath("chromedriver");
        if (chromium.isEmpty() || driver.isEmpty()) {
            System.err.println("NOT TESTED: pages need chromium and chromedriver on the PATH"
                    + " (Debian: apt-get install chromium chromium-driver)");
        }
        assumeTrue(chromium.isPresent() && driver.isPresent(), "chromium and chromedriver are not on the PATH");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.orElseThrow().toFile());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1000,800");
        options.addArguments(arguments);
        if (readers) {
            options.addArguments(
                    "--disable-blink-features=AutomationControlled",
                    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36");
        }
        LoggingPreferences console = new LoggingPreferences();
        console.enable(LogType.BROWSER, Level.ALL);
        options.setCapability(ChromeOptions.LOGGING_PREFS, console);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.orElseThrow().toFile())
                .usingAnyFreePort()
                .build();
        return new Browser(new ChromeDriver(service, options));
    }

    private static Optional<Path> firstOnPath(String... names) {
        return Stream.of(names).flatMap(name -> Programs.onPath(name).stream()).findFirst();
    }

    public ChromeDriver driver() {
        return driver;
    }

    /** Opens an empty tab of its own storage, closes all others, and forgets the console. */
    public void fresh() {
        freshWith(tab());
    }

    /** The same with the machine's own clock. */
    public void freshInRealTime() {
        driver.switchTo().newWindow(WindowType.TAB);
        freshWith(driver.getWindowHandle());
    }

    private void freshWith(String tab) {
        List<String> old = driver.getWindowHandles().stream()
                .filter(handle -> !handle.equals(tab))
                .toList();
        for (String handle : old) {
            driver.switchTo().window(handle);
            driver.close();
        }
        driver.switchTo().window(tab);
        console();
    }

    /** Opens an empty tab, and shows it. */
    public String tab() {
        driver.switchTo().newWindow(WindowType.TAB);
        driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", CLOCK));
        return driver.getWindowHandle();
    }

    /** Lets the page's clock go on, in ticks of all that is due. */
    public void advance(int seconds) {
        run("advance(%d)".formatted(seconds * 1_000));
    }

    /** The same while the reader moves the pointer every ten seconds. */
    public void read(int seconds) {
        run(
                "for (let s = 0; s < %d; s += 10) { dispatchEvent(new Event('pointermove')); advance(Math.min(10, %d - s) * 1000) }"
                        .formatted(seconds, seconds));
    }

    /** Runs a script in the page; its value, or an empty text where it has none. */
    public Object run(String script) {
        return Objects.requireNonNullElse(driver.executeScript(script), "");
    }

    public void click(String selector) {
        driver.findElement(By.cssSelector(selector)).click();
    }

    /** How often the page has sent to an address that ends so. */
    public int calls(String end) {
        Object calls = run("return calls.filter(call => call.endsWith('%s')).length".formatted(end));
        return ((Number) calls).intValue();
    }

    /** Lines of the console since the last call. */
    public List<String> console() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                .toList();
    }

    public void offline(boolean offline) {
        driver.executeCdpCommand("Network.enable", Map.of());
        driver.executeCdpCommand(
                "Network.emulateNetworkConditions",
                Map.of("offline", offline, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
