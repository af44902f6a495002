package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import jcuda.JCudaVersion;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.cuda.CudaProcess.Output;
import org.rlr.cuda.standin.StandIn;

/** Files that other users put into shared folders are never run. Runs in separate processes. */
class SharedFoldersTest {
    @TempDir
    private Path folder;

    @Test
    void nativeCodeInTheFolderForTemporaryFilesIsNotLoaded() throws Exception {
        String file = "libJCudaDriver-" + JCudaVersion.get() + "-linux-x86_64.so";
        int length = JCudaDriver.class
                .getClassLoader()
                .getResource("lib/" + file)
                .openConnection()
                .getContentLength();
        Path planted = Files.write(folder.resolve(file), new byte[length]);
        Output child = CudaProcess.compute(
                StandIn.folder(12).toString(), StandIn.folder(12).resolve("kernels"), "-Djava.io.tmpdir=" + folder);
        assertEquals(0, child.code(), child.text());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(
                    List.of(planted),
                    left.filter(path -> !path.getFileName().toString().startsWith("hsperfdata"))
                            .toList());
        }
    }

    @Test
    void compiledKernelsOfAFolderThatOthersWriteToAreNotRun() throws Exception {
        Path kernels = Files.createDirectory(
                folder.resolve("kernels"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.setPosixFilePermissions(kernels, PosixFilePermissions.fromString("rwxrwxrwx"));
        Output child = CudaProcess.compute(StandIn.folder(12).toString(), kernels);
        assertEquals(0, child.code(), child.text());
        assertTrue(child.text().contains("other users may write there"), child.text());
        try (Stream<Path> files = Files.list(kernels)) {
            assertEquals(0, files.count());
        }
    }
}
