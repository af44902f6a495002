package org.rlr.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Module descriptors agree with {@code META-INF/services} and the comments of packages. */
class ModuleDescriptorsTest {
    @ParameterizedTest
    @ValueSource(strings = {"rlr-tensor", "rlr-cuda", "rlr-model"})
    void servicesAreTheSameOnTheClassPath(String module) throws IOException {
        Map<String, List<String>> services = new TreeMap<>();
        try (Stream<Path> files = Files.list(main(module).resolve("resources/META-INF/services"))) {
            for (Path file : files.toList()) {
                services.put(
                        file.getFileName().toString(),
                        Files.readAllLines(file).stream().sorted().toList());
            }
        }
        Map<String, List<String>> provided = new TreeMap<>();
        for (ModuleDescriptor.Provides provides : descriptor(module).provides()) {
            provided.put(
                    provides.service(), provides.providers().stream().sorted().toList());
        }
        assertEquals(services, provided);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rlr-tensor", "rlr-cuda", "rlr-model"})
    void exactlyTheInternalPackagesAreNotExported(String module) throws IOException {
        Path sources = main(module).resolve("java");
        TreeSet<String> exported = new TreeSet<>();
        TreeSet<String> all = new TreeSet<>();
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file :
                    files.filter(file -> file.endsWith("package-info.java")).toList()) {
                String name = sources.relativize(file.getParent()).toString().replace('/', '.');
                all.add(name);
                if (!Files.readString(file).matches("(?s)/\\*\\*[\\s*]*Internal: .*")) {
                    exported.add(name);
                }
            }
        }
        assertTrue(!all.isEmpty(), module);
        assertEquals(
                exported,
                descriptor(module).exports().stream()
                        .map(ModuleDescriptor.Exports::source)
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static Path main(String module) {
        return Path.of("..", module, "src", "main");
    }

    private static ModuleDescriptor descriptor(String module) throws IOException {
        try (InputStream in = Files.newInputStream(Path.of("..", module, "target", "classes", "module-info.class"))) {
            return ModuleDescriptor.read(in);
        }
    }
}
