package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.ResourceException;

class DiskSpaceTest {
    @TempDir
    Path dir;

    /** A separate disk for each folder. */
    private record Small(long bytes) implements DiskSpace.Disks {
        @Override
        public Object of(Path folder) {
            return folder;
        }

        @Override
        public long free(Object disk) {
            return bytes;
        }
    }

    private DiskSpace.Planned planned(String name, long bytes, boolean again) {
        return new DiskSpace.Planned("--" + name, dir.resolve(name), bytes, again);
    }

    private static void fits(long free, DiskSpace.Planned... files) {
        assertDoesNotThrow(() -> DiskSpace.require(List.of(files), new Small(free)));
    }

    /** Checks that the given number of bytes is enough and one less is not. */
    private static String least(long free, DiskSpace.Planned... files) {
        fits(free, files);
        return assertThrows(ResourceException.class, () -> DiskSpace.require(List.of(files), new Small(free - 1)))
                .explanation();
    }

    @Test
    void sizesOfFilesOnOneDiskAreSummed() throws IOException {
        String message = least(5_000_000, planned("a", 2_000_000, false), planned("b", 3_000_000, false));
        for (String part : List.of(
                "--a " + dir.resolve("a") + " (2.0 MB)",
                "--b " + dir.resolve("b") + " (3.0 MB)",
                "needs 5.0 MB",
                "the disk of " + dir + " has ",
                "free some space")) {
            assertTrue(message.contains(part), message);
        }
        Files.createDirectory(dir.resolve("other"));
        least(3_000_000, planned("a", 2_000_000, false), planned("other/b", 3_000_000, false));
        least(5_000_000, planned("a", 2_000_000, false), planned("missing/b", 3_000_000, false));
    }

    /** An old file is removed when the new one is complete. */
    @Test
    void replacedFilesFreeTheirSpace() throws IOException {
        Files.write(dir.resolve("a"), new byte[500]);
        least(700, planned("a", 700, false));
        least(200 + 900, planned("a", 700, false), planned("b", 900, false));
        least(900 + 400, planned("b", 900, false), planned("a", 400, false));
        least(900 + 200 + 700, planned("b", 900, false), planned("a", 700, true));
    }

    @Test
    void aRewrittenFileNeedsTwiceItsSize() {
        least(2_000, planned("a", 1_000, true));
        least(4_000, planned("a", 1_000, true), planned("b", 3_000, false));
    }

    @Test
    void unknownFreeSpaceIsNotChecked() {
        fits(-1, planned("a", Long.MAX_VALUE / 2, false));
        DiskSpace.require(List.of(planned("a", Long.MAX_VALUE / 2, false)), new DiskSpace.Disks() {
            @Override
            public Object of(Path folder) throws IOException {
                throw new IOException("no mount point");
            }

            @Override
            public long free(Object disk) {
                throw new AssertionError("there is no disk");
            }
        });
    }

    @Test
    void theDiskHere() {
        DiskSpace.require(List.of(planned("a", 1, false)));
        assertThrows(
                ResourceException.class, () -> DiskSpace.require(List.of(planned("a", Long.MAX_VALUE / 2, false))));
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device), "there is no /dev/null here");
        DiskSpace.require(List.of(new DiskSpace.Planned("--a", device, Long.MAX_VALUE / 2, false)));
    }
}
