package dev.millrace.ingest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.properties.HasName;
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

@AnalyzeClasses(packages = "dev.millrace.ingest", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final Set<String> WALL_CLOCK = Set.of(
            "now", "systemUTC", "systemDefaultZone", "system", "tick", "tickMillis", "tickSeconds", "tickMinutes");

    @ArchTest
    static final ArchRule verifyingNeedsNoServerAndNoFramework = noClasses()
            .that()
            .resideInAPackage("..verify..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.ingest.receive..",
                    "dev.millrace.ingest.tally..",
                    "dev.millrace.ingest.index..",
                    "dev.millrace.ingest.catalog..",
                    "dev.millrace.counters..",
                    "org.springframework..",
                    "io.lettuce..");

    @ArchTest
    static final ArchRule filteringNeedsNoServerAndNoFramework = noClasses()
            .that()
            .resideInAPackage("..filter..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.ingest.receive..",
                    "dev.millrace.ingest.verify..",
                    "dev.millrace.ingest.tally..",
                    "dev.millrace.ingest.index..",
                    "dev.millrace.ingest.catalog..",
                    "dev.millrace.counters..",
                    "org.springframework..",
                    "io.lettuce..");

    @ArchTest
    static final ArchRule tallyingDoesNotKnowHttp = noClasses()
            .that()
            .resideInAPackage("dev.millrace.ingest.tally..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.millrace.ingest.receive..", "jakarta.servlet..", "org.springframework.web..");

    @ArchTest
    static final ArchRule theIndexKnowsNothingButTheLog = noClasses()
            .that()
            .resideInAPackage("dev.millrace.ingest.index..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.ingest.receive..",
                    "dev.millrace.ingest.tally..",
                    "dev.millrace.ingest.verify..",
                    "dev.millrace.ingest.catalog..",
                    "org.springframework..",
                    "io.lettuce..");

    @ArchTest
    static final ArchRule theEdgeHasNoDatabase = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..", "org.springframework.jdbc..");

    @ArchTest
    static final ArchRule knowsNoOtherService = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.millrace.settlement..", "dev.millrace.ledger..", "dev.millrace.local..");

    @ArchTest
    static final ArchRule moneyHasNoBinaryFraction = noFields()
            .that()
            .areNotStatic()
            .and()
            .areDeclaredInClassesThat(DescribedPredicate.not(HasName.Predicates.nameEndingWith(".GrowthRate")))
            .should()
            .haveRawType(double.class)
            .orShould()
            .haveRawType(float.class);

    /** A node whose clock is ten minutes off must count as any other: only the monotonic clock is read. */
    @ArchTest
    static final ArchRule timeIsRedis = noClasses()
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
