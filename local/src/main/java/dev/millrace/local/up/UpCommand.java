package dev.millrace.local.up;

import dev.millrace.local.command.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** {@code millrace up}. */
@CommandLine.Command(
        name = "up",
        description = {
            "Start real Postgres, real Redis and the three services; stop them all with Ctrl-C.",
            "",
            "The data lives under MILLRACE_HOME and survives a restart. Ports: MILLRACE_INGEST_PORT (8080),"
                    + " MILLRACE_LEDGER_PORT (8081), MILLRACE_WORKER_PORT (8082), MILLRACE_INGEST_MANAGEMENT_PORT (9080),"
                    + " MILLRACE_LEDGER_MANAGEMENT_PORT (9081), MILLRACE_LOCAL_REDIS_PORT (16379),"
                    + " MILLRACE_LOCAL_POSTGRES_PORT (15432). The services listen on MILLRACE_BIND_ADDRESS (127.0.0.1;"
                    + " 0.0.0.0 for every address). Every other variable reaches the services as it is."
        })
public final class UpCommand implements Callable<Integer> {
    private final Terminal terminal;

    public UpCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        return StackRun.start(terminal, () -> () -> {});
    }
}
