package dev.millrace.ingest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

@AnalyzeClasses(packages = "dev.millrace.ingest", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule verifyingNeedsNoServerAndNoFramework = noClasses()
            .that()
            .resideInAPackage("..verify..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.ingest.receive..",
                    "dev.millrace.ingest.tally..",
                    "dev.millrace.ingest.counters..",
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
            .should()
            .haveRawType(double.class)
            .orShould()
            .haveRawType(float.class);

    @ArchTest
    static final ArchRule timeIsRedis = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");
}
