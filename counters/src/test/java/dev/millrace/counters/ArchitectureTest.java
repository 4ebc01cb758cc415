package dev.millrace.counters;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.millrace.local.testing.HouseRules;
import java.time.Clock;
import java.util.Calendar;
import java.util.Date;
import java.util.Set;

@AnalyzeClasses(packages = "dev.millrace.counters", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final Set<String> WALL_CLOCK = Set.of(
            "now", "systemUTC", "systemDefaultZone", "system", "tick", "tickMillis", "tickSeconds", "tickMinutes");

    @ArchTest
    static final ArchRule knowsNoServiceNoDatabaseAndNoFramework = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.ingest..",
                    "dev.millrace.settlement..",
                    "dev.millrace.ledger..",
                    "dev.millrace.local..",
                    "org.springframework..",
                    "java.sql..");

    @ArchTest
    static final ArchRule moneyHasNoBinaryFraction =
            noFields().should().haveRawType(double.class).orShould().haveRawType(float.class);

    @ArchTest
    static final ArchRule noMethodReturnsABinaryFraction =
            noMethods().should().haveRawReturnType(double.class).orShould().haveRawReturnType(float.class);

    /** Redis says what time it is, and the caller what the database's is; a node's own clock decides nothing. */
    @ArchTest
    static final ArchRule timeIsGiven = noClasses()
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethodWhere(DescribedPredicate.describe(
                    "reads a wall clock",
                    call -> call.getTargetOwner().getPackageName().startsWith("java.time")
                            && WALL_CLOCK.contains(call.getName())))
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Clock.class, Date.class, Calendar.class);

    @ArchTest
    static final ArchTests namesAreTheHouses = ArchTests.in(HouseRules.class);
}
