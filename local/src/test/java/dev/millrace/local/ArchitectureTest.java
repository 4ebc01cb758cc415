package dev.millrace.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

@AnalyzeClasses(packages = "dev.millrace.local", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule startsTheServicesAsProcessesAndKnowsNoneOfThem = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.millrace.ingest..", "dev.millrace.settlement..", "dev.millrace.ledger..");

    @ArchTest
    static final ArchRule serversKnowNeitherTheStackNorTheCommands = noClasses()
            .that()
            .resideInAnyPackage("dev.millrace.local.server..", "dev.millrace.local.process..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.local.up..", "dev.millrace.local.command..", "dev.millrace.local.replay..");

    @ArchTest
    static final ArchRule timeIsGiven = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");
}
