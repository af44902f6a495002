package org.rlr.bench;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.jspecify.annotations.Nullable;

/** Finds out which peers are present on this machine. */
final class Peers {
    private Peers() {}

    /** The absent implementations, each with the reason. */
    static Map<String, String> absent(Set<String> implementations, String python) {
        Map<String, String> absent = new TreeMap<>();
        for (String implementation : implementations) {
            DjlPeer.DjlEngine engine = DjlPeer.DjlEngine.of(implementation);
            String why = engine != null
                    ? engine.absence(python)
                    : implementation.equals(ExportedPeer.NAME)
                            ? DjlPeer.DjlEngine.ONNXRUNTIME.absence()
                            : implementation.startsWith("torch")
                                    ? torch(python)
                                    : implementation.equals("openblas") ? openblas() : null;
            if (why != null) {
                absent.put(implementation, why);
            }
        }
        return absent;
    }

    private static @Nullable String torch(String python) {
        String why = TorchPeer.absence(python, "torch", "timm");
        return why == null ? null : why + "; set a Python that has torch and timm with -Dpython=PATH";
    }

    private static @Nullable String openblas() {
        try {
            Loader.load(openblas.class);
            return null;
        } catch (LinkageError | RuntimeException e) {
            return "no natives of org.bytedeco:openblas for this platform (" + e.getMessage() + ")";
        }
    }
}
