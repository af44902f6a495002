package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagingCheckTest {
    private static final String PARENT = """
            <project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><packaging>pom</packaging>
            <name>n</name><description>d</description><url>${at}</url>
            <licenses><license><name>l</name><url>u</url></license></licenses>
            <developers><developer><name>o</name></developer></developers>
            <scm><connection>scm:git:${at}</connection><url>${at}</url></scm>
            <properties><at>https://rlr.org</at></properties></project>
            """;
    private static final String CHILD = """
            <project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>
            <artifactId>c</artifactId><name>n</name><description>d</description></project>
            """;

    @TempDir
    private Path repository;

    @BeforeEach
    void stage() throws Exception {
        put("p-1.pom", PARENT);
        put("c-1.pom", CHILD);
        put("c-1-cyclonedx.json", "{}");
        for (String jar : List.of("c-1.jar", "c-1-sources.jar", "c-1-javadoc.jar")) {
            try (OutputStream out = Files.newOutputStream(repository.resolve(jar));
                    ZipOutputStream zip = new ZipOutputStream(out)) {
                zip.putNextEntry(new ZipEntry("A.class"));
            }
            sum(repository.resolve(jar));
        }
    }

    private void put(String name, String text) throws Exception {
        Path file = Files.writeString(repository.resolve(name), text);
        sum(file);
    }

    private static void sum(Path file) throws Exception {
        for (String algorithm : List.of("MD5", "SHA-1")) {
            byte[] sum = MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file));
            String suffix = algorithm.toLowerCase(java.util.Locale.ROOT).replace("-", "");
            Files.writeString(Path.of(file + "." + suffix), HexFormat.of().formatHex(sum));
        }
    }

    private List<String> problems() throws IOException {
        return StagingCheck.of(repository).problems();
    }

    @Test
    void whatIsCompletePassesButForSignatures() throws Exception {
        StagingCheck check = StagingCheck.of(repository);
        assertEquals(List.of(), check.problems());
        assertEquals(1, check.leftToTheOwner().size(), check.leftToTheOwner().toString());
    }

    @Test
    void everyElementOfAPomIsMissed() throws Exception {
        for (String element : List.of("name", "description", "licenses", "developers", "scm", "url", "properties")) {
            put("p-1.pom", PARENT.replaceFirst("(?s)<" + element + ">.*?</" + element + ">", ""));
            assertTrue(
                    problems().toString().contains(element.equals("properties") ? "${at}" : "has no " + element),
                    element);
        }
    }

    @Test
    void missingAndDamagedFilesAreMissed() throws Exception {
        for (String file : List.of("c-1-sources.jar", "c-1-javadoc.jar", "c-1-cyclonedx.json", "c-1.pom.sha1")) {
            Files.delete(repository.resolve(file));
            assertEquals(List.of(file + " is missing"), problems());
            stage();
        }
        Files.writeString(repository.resolve("c-1.pom.md5"), "0");
        assertEquals(List.of("c-1.pom.md5 does not match its file"), problems());
    }

    @Test
    void aReleaseNeedsTheAddressOfItsRepository() throws Exception {
        put("p-1.pom", PARENT.replace("rlr.org", "example.org/rlr"));
        assertTrue(problems().get(0).contains("rlr.repository"), problems().toString());
    }
}
