package org.rlr.model.backbone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** The scattering network runs on the backend's threads; results are bit-identical for any number of them. */
class ScatteringBackboneTest {
    private static final int IMAGES = 5;
    private static final int SIZE = 64;

    @Test
    void computesOnTheThreadsOfTheBackend() {
        List<float[]> one = features(1);
        for (int threads : new int[] {2, 3}) {
            List<float[]> several = features(threads);
            for (int i = 0; i < one.size(); i++) {
                assertArrayEquals(one.get(i), several.get(i));
            }
        }
    }

    private static List<float[]> features(int threads) {
        AtomicInteger byTheBackend = new AtomicInteger();
        float[] pixels = new float[IMAGES * SIZE * SIZE * 3];
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextDouble();
        }
        List<float[]> features = new ArrayList<>();
        try (Backend cpu = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(threads));
                Backbone backbone = Backbones.create(Backbones.WEIGHT_FREE, cpu, List.of(2, 3), null, null);
                TensorScope scope = TensorScope.inference(counting(cpu, byTheBackend))) {
            for (Tensor level : backbone.features(Tensor.of(pixels, IMAGES, SIZE, SIZE, 3), List.of(2, 3))) {
                features.add(level.toArray());
            }
        }
        assertEquals(IMAGES, byTheBackend.get(), "images computed by the backend's threads");
        return features;
    }

    /** A backend that counts the host tasks it runs. */
    private static Backend counting(Backend backend, AtomicInteger tasks) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("onHost")) {
                        return method.invoke(backend, arguments);
                    }
                    backend.onHost((int) arguments[0], i -> {
                        tasks.incrementAndGet();
                        ((IntConsumer) arguments[1]).accept(i);
                    });
                    return null;
                });
    }
}
