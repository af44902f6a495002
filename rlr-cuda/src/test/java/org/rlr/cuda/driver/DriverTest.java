package org.rlr.cuda.driver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.cuda.CudaBackendProvider;
import org.rlr.cuda.standin.StandIn;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/** Memory, copies, the compiler's cache and messages, on the stand-in. */
@Tag(StandIn.TAG)
class DriverTest {
    private static final long MIB = 1 << 20;
    private Context context;
    private Stream stream;

    @BeforeAll
    static void loadStandIn() {
        StandIn.load();
    }

    @BeforeEach
    void open() {
        context = new Context(Card.of(0));
        stream = new Stream(context, false);
    }

    @AfterEach
    void close() {
        stream.close();
        StandIn.deviceMemory(1 << 30);
        StandIn.computeCapability(90);
        StandIn.devices(2);
        StandIn.driverVersion(12060);
        context.close();
    }

    @Test
    void blocksOfOneSizeClassAreReused() {
        try (DeviceAllocator allocator = new DeviceAllocator(stream)) {
            DeviceBuffer first = allocator.allocate(100_000);
            assertTrue(first.bytes() >= 100_000 && first.bytes() <= 112_500, first.bytes() + " bytes");
            allocator.release(first);
            assertSame(first, allocator.allocate(first.bytes() - 1));
            DeviceBuffer second = allocator.allocate(100_000);
            assertNotEquals(first.address(), second.address());
            allocator.release(second);
            assertThrows(IllegalStateException.class, () -> allocator.release(second));
        }
    }

    @Test
    void outOfMemoryTrimsAndTriesAgain() {
        StandIn.deviceMemory(100 * MIB);
        try (DeviceAllocator allocator = new DeviceAllocator(stream)) {
            allocator.release(allocator.allocate(60 * MIB));
            assertEquals(80 * MIB, allocator.allocate(80 * MIB).bytes());
        }
    }

    @Test
    void outOfMemoryListsWhatIsInUse() {
        StandIn.deviceMemory(100 * MIB);
        try (DeviceAllocator allocator = new DeviceAllocator(stream)) {
            allocator.allocate(16 * MIB);
            allocator.allocate(16 * MIB);
            allocator.allocate(8 * MIB);
            String message = assertThrows(ResourceException.class, () -> allocator.allocate(80 * MIB))
                    .explanation();
            assertTrue(
                    message.contains("80.0 MiB requested, 60.0 MiB of 100.0 MiB are free, this backend uses 40.0 MiB"),
                    message);
            assertTrue(
                    message.contains("32.0 MiB  blocks of 16.0 MiB") && message.contains("8.0 MiB  blocks of 8.0 MiB"),
                    message);
        }
        try (Stream debug = new Stream(context, true);
                DeviceAllocator allocator = new DeviceAllocator(debug)) {
            allocator.allocate(16 * MIB);
            String message = assertThrows(ResourceException.class, () -> allocator.allocate(90 * MIB))
                    .explanation();
            assertTrue(message.contains("16.0 MiB  "), message);
        }
    }

    @Test
    void copiesLongerThanTheirBuffersKeepEveryValue() {
        int n = 3 * (1 << 20) + 17;
        float[] values = new float[n + 5];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 0.25f;
        }
        try (DeviceAllocator allocator = new DeviceAllocator(stream);
                Transfers transfers = new Transfers(stream)) {
            DeviceBuffer buffer = allocator.allocate(4L * (n + 7));
            transfers.upload(values, 5, buffer, 4 * 7, n);
            float[] back = new float[n + 3];
            transfers.download(buffer, 4 * 7, back, 3, n);
            for (int i = 0; i < n; i++) {
                assertEquals(values[i + 5], back[i + 3]);
            }
            DeviceBuffer copy = allocator.allocate(4L * n);
            transfers.copy(buffer, 4 * 7, copy, 0, 4L * n);
            float[] second = new float[n];
            transfers.download(copy, 0, second, 0, n);
            assertArrayEquals(Arrays.copyOfRange(values, 5, n + 5), second);
        }
    }

    @Test
    void anEventTellsTheTimeBetween() {
        try (Event before = new Event(context, true);
                Event after = new Event(context, true)) {
            before.record(stream);
            after.record(stream);
            after.synchronize();
            assertTrue(after.millisecondsSince(before) >= 0);
        }
    }

    @Test
    void aCompiledFileIsKeptAndADamagedOneReplaced(@TempDir Path folder) throws IOException {
        String before = System.getProperty(KernelCache.PROPERTY);
        System.setProperty(KernelCache.PROPERTY, folder.resolve("new").toString());
        try {
            load("");
            Path kept = onlyFile(folder.resolve("new"));
            byte[] cubin = Files.readAllBytes(kept);
            // compiling again would replace the file
            Object key = Files.readAttributes(kept, BasicFileAttributes.class).fileKey();
            load("");
            assertEquals(
                    key,
                    Files.readAttributes(onlyFile(folder.resolve("new")), BasicFileAttributes.class)
                            .fileKey());
            Files.write(kept, new byte[] {1, 2, 3});
            load("");
            assertTrue(Files.size(kept) > 1000 && cubin.length > 1000);
        } finally {
            System.setProperty(KernelCache.PROPERTY, before);
        }
    }

    private void load(String prelude) {
        try (KernelFile file =
                new KernelFile(stream, new KernelCompiler(context), CudaBackendProvider.class, "plain.cu", prelude)) {
            file.kernel("copy");
        }
    }

    private static Path onlyFile(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            List<Path> all = files.collect(Collectors.toList());
            assertEquals(1, all.size(), all.toString());
            return all.get(0);
        }
    }

    @Test
    void theCacheKeyTellsTextsApart() {
        assertNotEquals(KernelCache.key("ab", "c"), KernelCache.key("a", "bc"));
        assertEquals(KernelCache.key("ab", "c"), KernelCache.key("ab", "c"));
    }

    @Test
    void aFileThatDoesNotCompileShowsTheCompilersWords() {
        String message =
                assertThrows(RlrException.class, () -> load("nonsense;\n")).getMessage();
        assertTrue(
                message.startsWith("NVRTC 12.6 cannot compile kernels plain.cu") && message.contains("error"), message);
    }

    @Test
    void aStartThatFailsSaysWhy() {
        StandIn.driverVersion(11040);
        assertEquals(
                "the NVIDIA driver supports CUDA 11.4 and 12.0 is required; update the driver",
                Natives.driverObstacle());
        StandIn.driverVersion(12060);
        StandIn.devices(0);
        assertEquals("the NVIDIA driver finds no card; see what nvidia-smi says", Natives.driverObstacle());
        StandIn.devices(1);
        assertEquals(
                "there is no card 1; set `backend` to a card that the driver finds: cuda:0",
                assertThrows(InvalidSettingException.class, () -> Card.of(1)).explanation());
        StandIn.computeCapability(61);
        assertTrue(assertThrows(RlrException.class, () -> Card.of(0))
                .getMessage()
                .contains("too old: its compute capability is 6.1 and 7.0 is required"));
        assertTrue(new CudaBackendProvider().unavailable().orElseThrow().contains("too old"));
        StandIn.computeCapability(120);
        assertTrue(new CudaBackendProvider()
                .unavailable()
                .orElseThrow()
                .contains("does not support compute capability 12.0"));
        StandIn.computeCapability(89);
        assertEquals(80, KernelCompiler.architecture(Card.of(0)));
        assertFalse(new CudaBackendProvider().unavailable().isPresent());
    }
}
