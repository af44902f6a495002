package org.rlr.model;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The layers of the module: imports run downwards only, and only the command line uses its libraries. */
class ArchitectureTest {
    private static final String ROOT = "org.rlr.model";
    /** From the top; {@code .} is the package {@code org.rlr.model} itself. */
    private static final List<String> FLOORS = List.of(
            "cli",
            "report train",
            "eval onnx",
            "detect checkpoint decoder",
            ".",
            "features weights",
            "backbone transformer data demo synthetic",
            "attention",
            "config");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    private static String[] packages(String floor) {
        return Arrays.stream(floor.split(" "))
                .map(name -> name.equals(".") ? ROOT : ROOT + "." + name + "..")
                .toArray(String[]::new);
    }

    @Test
    void importsRunDownwardsOnly() {
        for (int lower = 1; lower < FLOORS.size(); lower++) {
            String[] above = FLOORS.subList(0, lower).stream()
                    .flatMap(floor -> Arrays.stream(packages(floor)))
                    .toArray(String[]::new);
            rule(noClasses()
                    .that()
                    .resideInAnyPackage(packages(FLOORS.get(lower)))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(above));
        }
    }

    @Test
    void packagesHaveNoCycles() {
        rule(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
    }

    @Test
    void everyPackageHasItsFloor() {
        Set<String> named = FLOORS.stream()
                .flatMap(floor -> Arrays.stream(floor.split(" ")))
                .collect(Collectors.toSet());
        Set<String> present = CLASSES.stream()
                .map(JavaClass::getPackageName)
                .map(name -> name.equals(ROOT)
                        ? "."
                        : name.substring(ROOT.length() + 1).split("\\.")[0])
                .collect(Collectors.toSet());
        assertEquals(named, present);
    }

    @Test
    void onlyTheCommandLineKnowsItsLibraries() {
        rule(noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "picocli..",
                        "me.tongfei.progressbar..",
                        "com.sun.net.httpserver..",
                        "io.prometheus..",
                        "org.apache.."));
    }

    @Test
    void onlyTheExportKnowsTheClassesOfOnnx() {
        rule(noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".onnx..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.onnx..", "org.tribuo..", "com.google.protobuf.."));
    }

    /** A rule over no classes would pass. */
    private static void rule(ArchRule rule) {
        assertTrue(CLASSES.size() > 100, () -> CLASSES.size() + " classes were found");
        rule.check(CLASSES);
    }
}
