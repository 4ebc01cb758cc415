package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What contestants are measured in: every case, among a thousand creators and with a single viral one. */
final class Scenarios {
    private static final int[] CREATORS = {Plan.MANY, 1};

    private Scenarios() {}

    /** Of a contestant without Redis. */
    static List<Scenario> of(String contestant, List<Case> cases) {
        return cases.stream()
                .flatMap(shape ->
                        Arrays.stream(CREATORS).mapToObj(creators -> new Scenario(contestant, shape, null, creators)))
                .toList();
    }

    /** Of a contestant with Redis, under each of its settings. */
    static List<Scenario> underEachAof(String contestant, List<Case> cases) {
        return of(contestant, cases).stream()
                .flatMap(scenario -> Stream.of(Aof.values())
                        .map(aof -> new Scenario(contestant, scenario.shape(), aof, scenario.creators())))
                .toList();
    }
}
