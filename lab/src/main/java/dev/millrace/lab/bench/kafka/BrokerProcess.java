package dev.millrace.lab.bench.kafka;

import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;

/** The process of the broker: formats its folder where that is new, then runs. */
final class BrokerProcess {
    private BrokerProcess() {}

    /** @param arguments the file of its properties */
    public static void main(String[] arguments) {
        String properties = arguments[0];
        String[] format = {
            "format",
            "--config",
            properties,
            "--cluster-id",
            Uuid.randomUuid().toString(),
            "--standalone",
            "--ignore-formatted"
        };
        int code = StorageTool.execute(format, System.out);
        if (code != 0) {
            System.exit(code);
        }
        Kafka.main(new String[] {properties});
    }
}
