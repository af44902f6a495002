package org.rlr.cuda.lib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jcuda.jcudnn.cudnnHandle;
import org.junit.jupiter.api.Test;
import org.rlr.cuda.CudaProcess;
import org.rlr.cuda.driver.Natives;
import org.rlr.cuda.lib.Dnn.Pass;
import org.rlr.cuda.lib.Dnn.Problem;

/**
 * NVIDIA's cuDNN 9, from the folder {@code -Drlr.cudnn=DIR}, as far as possible without a card: JCudnn's native code
 * finds every function that it may call, and cuDNN accepts the descriptors of the backbones' convolutions and computes
 * their output shapes.
 */
class RealDnnTest {
    private static final String PROPERTY = "rlr.cudnn";

    @Test
    void jcudnnFindsItsFunctionsAndTheDescriptorsAreAccepted() throws Exception {
        String folder = System.getProperty(PROPERTY);
        assumeTrue(folder != null, "set cuDNN's folder with -D" + PROPERTY + "=DIR");
        // LD_BIND_NOW: the linker resolves all functions when it loads a library
        CudaProcess.Output child = CudaProcess.run(
                Map.of("LD_LIBRARY_PATH", folder, "LD_BIND_NOW", "1"),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName()));
        System.out.println(child.text());
        assertEquals(0, child.code(), child.text());
        assertTrue(child.text().contains("cuDNN 9."), child.text());
    }

    /**
     * Describes convolutions of wide_resnet50_2 and EfficientNet-b6, also of the latter's padded copy of an even image,
     * and the smallest ones.
     */
    static final class Main {
        private Main() {}

        public static void main(String[] args) {
            Natives.dnnObstacle().ifPresent(why -> {
                throw new IllegalStateException(why);
            });
            for (boolean tensorCores : new boolean[] {false, true}) {
                for (Pass pass : Pass.values()) {
                    describe(tensorCores, new Problem(pass, 16, 256, 256, 3, 128, 128, 64, 7, 2, 3, 3));
                    describe(tensorCores, new Problem(pass, 16, 64, 64, 256, 32, 32, 512, 1, 2, 0, 0));
                    describe(tensorCores, new Problem(pass, 16, 16, 16, 512, 16, 16, 512, 3, 1, 1, 1));
                    describe(tensorCores, new Problem(pass, 16, 257, 257, 3, 128, 128, 56, 3, 2, 0, 0));
                    describe(tensorCores, new Problem(pass, 1, 1, 2, 1, 1, 2, 1, 5, 1, 2, 2));
                }
            }
            System.out.println("cuDNN " + Dnn.version() + " accepts the descriptors");
        }

        private static void describe(boolean tensorCores, Problem problem) {
            DnnPlan.described(new cudnnHandle(), tensorCores, problem).close();
        }
    }
}
