package org.rlr.tensor.cpu;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/**
 * Weights {@code [parts·rows, columns]} in the order in which a matrix product reads them, each part separately. Views
 * use the unpacked layout; a view is one part, or all parts for reading back.
 */
final class PackedWeights extends Storage {
    private final Gemm gemm;
    private final CpuStorage memory;
    private final int rows;
    private final int columns;

    /** @param memory holds {@link Gemm#packedSize} elements per part */
    PackedWeights(Gemm gemm, CpuStorage memory, View w, int parts) {
        super(w.elements());
        this.gemm = gemm;
        this.memory = memory;
        this.rows = w.shape().dim(0) / parts;
        this.columns = w.shape().span(1, w.shape().rank());
        float[] from = CpuStorage.array(w);
        for (int part = 0; part < parts; part++) {
            gemm.pack(
                    rows,
                    columns,
                    from,
                    w.offset() + part * rows * columns,
                    columns,
                    array(),
                    part * gemm.packedSize(rows, columns));
        }
    }

    private float[] array() {
        return CpuStorage.array(new View(memory, 0, Shape.of(memory.elements())));
    }

    /** The packed values. */
    static float[] array(View w) {
        return ((PackedWeights) w.storage()).array();
    }

    /** Returns the start of a view's part in them. @throws IllegalArgumentException if it is not one part */
    static int offset(View w) {
        PackedWeights p = (PackedWeights) w.storage();
        int size = p.rows * p.columns;
        if (w.elements() != size || w.offset() % size != 0 || w.shape().dim(0) != p.rows) {
            throw new IllegalArgumentException("weights packed in parts of [" + p.rows + ", " + p.columns
                    + "] have no part of shape " + w.shape() + " at " + w.offset());
        }
        return w.offset() / size * p.gemm.packedSize(p.rows, p.columns);
    }

    /** Copies whole parts to an unpacked layout. */
    static void unpack(View w, float[] to, int offset) {
        PackedWeights p = (PackedWeights) w.storage();
        int size = p.rows * p.columns;
        if (size == 0) {
            return;
        }
        if (w.offset() % size != 0 || w.elements() % size != 0) {
            throw new IllegalArgumentException(
                    "packed weights can be read only in whole parts: shape " + w.shape() + " at " + w.offset());
        }
        for (int part = w.offset() / size; part < (w.offset() + w.elements()) / size; part++) {
            p.gemm.unpack(
                    p.rows, p.columns, p.array(), part * p.gemm.packedSize(p.rows, p.columns), to, offset, p.columns);
            offset += size;
        }
    }

    @Override
    protected void free() {
        memory.release();
    }
}
