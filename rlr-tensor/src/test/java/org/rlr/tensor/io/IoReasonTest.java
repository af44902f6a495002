package org.rlr.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IoReasonTest {
    @TempDir
    Path folder;

    /** Reasons for file system exceptions, without class names. */
    @Test
    void reasonsOfTheFileSystem() throws IOException {
        Path missing = folder.resolve("missing");
        assertEquals(missing + " does not exist", reason(() -> Files.readString(missing)));
        Path file = Files.write(folder.resolve("latin1"), new byte[] {(byte) 0xe4});
        assertEquals("it is not text in UTF-8", reason(() -> Files.readString(file)));
        assertEquals(file + " exists already", reason(() -> Files.createFile(file)));
        assertEquals(file + " is not a folder", reason(() -> Files.newDirectoryStream(file)));
        assertEquals("the folder " + folder + " is not empty", reason(() -> Files.delete(folder)));
        assertEquals("no permission for /x", IoReason.of(new AccessDeniedException("/x")));
        assertEquals(
                "No space left on device", IoReason.of(new FileSystemException("/x", null, "No space left on device")));
        assertEquals("Input/output error", IoReason.of(new IOException("Input/output error")));
    }

    @Test
    void jsonErrorsHaveAPositionWithoutAdviceToProgrammers() {
        JsonParseException e =
                assertThrows(JsonParseException.class, () -> JsonParser.parseString("{\"a\": 1,\n  b c}"));
        assertTrue(
                IoReason.ofJson(e).matches("it is not valid JSON at line 2 column \\d+ path \\S+"), IoReason.ofJson(e));
        assertFalse(IoReason.ofJson(e).contains("http"), IoReason.ofJson(e));
    }

    private static String reason(org.junit.jupiter.api.function.Executable failing) {
        return IoReason.of(assertThrows(IOException.class, failing));
    }
}
