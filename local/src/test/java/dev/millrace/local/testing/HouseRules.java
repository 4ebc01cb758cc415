package dev.millrace.local.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;

import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.slf4j.Logger;

/** Names that all services give alike; a module's own {@code ArchitectureTest} includes these rules. */
public final class HouseRules {
    @ArchTest
    static final ArchRule whatIsThrownSaysSo =
            classes().that().areAssignableTo(Throwable.class).should().haveSimpleNameEndingWith("Exception");

    @ArchTest
    static final ArchRule loggersHaveOneName = fields().that()
            .haveRawType(Logger.class)
            .should()
            .haveName("log")
            .andShould()
            .bePrivate();

    private HouseRules() {}
}
