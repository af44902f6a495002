package org.rlr.tensor.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenFilesTest {
    @Test
    void relativeFolderIsFoundInTheWorkingDirectoryOrInTheRepositoryRoot(@TempDir Path dir) throws IOException {
        Path module = Files.createDirectories(dir.resolve("repository/module"));
        Files.createFile(dir.resolve("repository/pom.xml"));
        Files.createFile(module.resolve("pom.xml"));
        Path atRoot = Files.createDirectory(dir.resolve("repository/numbers"));
        Path above = Files.createDirectory(dir.resolve("others"));
        assertEquals(atRoot, GoldenFiles.resolve("numbers", module));
        assertEquals(above, GoldenFiles.resolve("../others", module));
        Path inModule = Files.createDirectory(module.resolve("numbers"));
        assertEquals(inModule, GoldenFiles.resolve("numbers", module));
        assertEquals(above, GoldenFiles.resolve(above.toString(), module));
    }

    @Test
    void folderThatDoesNotExistIsAnErrorThatNamesThePropertyAndBothPlaces(@TempDir Path dir) {
        String message = assertThrows(IllegalStateException.class, () -> GoldenFiles.resolve("absent", dir))
                .getMessage();
        assertTrue(
                message.contains("-Drlr.golden=absent")
                        && message.contains(dir.resolve("absent").toString()),
                message);
    }

    @Test
    void missingFileIsAnErrorAndNotASkip() {
        String message = assertThrows(IllegalStateException.class, () -> GoldenFiles.open("no-such-case"))
                .getMessage();
        assertTrue(message.contains("no-such-case.safetensors"), message);
    }
}
