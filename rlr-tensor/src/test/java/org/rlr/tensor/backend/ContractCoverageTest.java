package org.rlr.tensor.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A primitive that no contract calls must not go unnoticed. */
class ContractCoverageTest {
    private static final Class<?>[] CONTRACTS = {
        MemoryContract.class,
        ElementwiseContract.class,
        ReductionContract.class,
        LayoutContract.class,
        MatrixContract.class,
        NormalizationContract.class,
        LossContract.class,
        RandomContract.class,
        BackendContract.class
    };

    @Test
    void everyPrimitiveIsCalledByAContract() throws IOException {
        StringBuilder code = new StringBuilder();
        for (Class<?> contract : CONTRACTS) {
            // a class file names each method it calls
            try (var in = contract.getResourceAsStream(contract.getSimpleName() + ".class")) {
                code.append(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
            }
        }
        TreeSet<String> missing = new TreeSet<>();
        for (Method method : Backend.class.getMethods()) {
            byte[] name = method.getName().getBytes(StandardCharsets.UTF_8);
            // as the constant pool writes it: tag 1, two bytes of length, the name
            String constant = "\u0001" + (char) (name.length >> 8) + (char) name.length
                    + new String(name, StandardCharsets.ISO_8859_1);
            if (code.indexOf(constant) < 0) {
                missing.add(method.getName());
            }
        }
        // these have contracts of their own
        missing.removeIf(name -> name.startsWith("attention") || name.startsWith("conv2d") || name.endsWith("Pool"));
        missing.remove("device");
        assertEquals(new TreeSet<>(), missing, "primitives without a contract");
    }
}
