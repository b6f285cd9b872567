;; The updates of update-kernels.ts with SIMD: two parameters at a time, computed in float64 and rounded when
;; stored, operation by operation as javascript-kernels.ts does, so that both give the same bits.
;; Pointers are bytes, multiples of 16; counts are elements, multiples of 4. scripts/assemble-kernels.mjs
;; makes update-kernels-wasm.ts of this.
(module
  (import "muybridge" "memory" (memory 1))

  (func (export "sumOfSquares") (param $x i32) (param $count i32) (result f64)
    (local $end i32) (local $low v128) (local $high v128) (local $a v128) (local $b v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
      (local.set $low (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $x))))
      (local.set $high (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x))))
      (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $low) (local.get $low))))
      (local.set $b (f64x2.add (local.get $b) (f64x2.mul (local.get $high) (local.get $high))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br $next)))
    (local.set $a (f64x2.add (local.get $a) (local.get $b)))
    (f64.add (f64x2.extract_lane 0 (local.get $a)) (f64x2.extract_lane 1 (local.get $a))))

  (func (export "clampValues") (param $x i32) (param $count i32) (param $limit f64)
    (local $end i32) (local $highest v128) (local $lowest v128)
    (local.set $highest (f32x4.splat (f32.demote_f64 (local.get $limit))))
    (local.set $lowest (f32x4.neg (local.get $highest)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
      (v128.store (local.get $x)
        (f32x4.max (local.get $lowest) (f32x4.min (local.get $highest) (v128.load (local.get $x)))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br $next))))

  (func (export "adam")
    (param $parameter i32) (param $gradient i32) (param $mean i32) (param $square i32) (param $count i32)
    (param $scale f64) (param $l2 f64) (param $kept f64) (param $rate f64)
    (param $beta1 f64) (param $beta2 f64) (param $epsilon f64)
    (local $at i32) (local $bytes i32) (local $value v128) (local $g v128) (local $m v128) (local $v v128)
    (local.set $bytes (i32.shl (local.get $count) (i32.const 2)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
      (local.set $value (f64x2.promote_low_f32x4
        (v128.load64_zero (i32.add (local.get $parameter) (local.get $at)))))
      (local.set $g (f64x2.add
        (f64x2.mul (f64x2.splat (local.get $l2)) (local.get $value))
        (f64x2.mul (f64x2.splat (local.get $scale)) (f64x2.promote_low_f32x4
          (v128.load64_zero (i32.add (local.get $gradient) (local.get $at)))))))
      (local.set $m (f64x2.add
        (f64x2.mul (f64x2.splat (local.get $beta1)) (f64x2.promote_low_f32x4
          (v128.load64_zero (i32.add (local.get $mean) (local.get $at)))))
        (f64x2.mul (f64x2.splat (f64.sub (f64.const 1) (local.get $beta1))) (local.get $g))))
      (local.set $v (f64x2.add
        (f64x2.mul (f64x2.splat (local.get $beta2)) (f64x2.promote_low_f32x4
          (v128.load64_zero (i32.add (local.get $square) (local.get $at)))))
        (f64x2.mul
          (f64x2.mul (f64x2.splat (f64.sub (f64.const 1) (local.get $beta2))) (local.get $g))
          (local.get $g))))
      (v128.store64_lane 0 (i32.add (local.get $mean) (local.get $at))
        (f32x4.demote_f64x2_zero (local.get $m)))
      (v128.store64_lane 0 (i32.add (local.get $square) (local.get $at))
        (f32x4.demote_f64x2_zero (local.get $v)))
      (v128.store64_lane 0 (i32.add (local.get $parameter) (local.get $at))
        (f32x4.demote_f64x2_zero (f64x2.sub
          (f64x2.mul (f64x2.splat (local.get $kept)) (local.get $value))
          (f64x2.div
            (f64x2.mul (f64x2.splat (local.get $rate)) (local.get $m))
            (f64x2.add (f64x2.sqrt (local.get $v)) (f64x2.splat (local.get $epsilon)))))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br $next))))

  (func (export "momentum")
    (param $parameter i32) (param $gradient i32) (param $velocity i32) (param $count i32)
    (param $scale f64) (param $l2 f64) (param $kept f64) (param $rate f64)
    (param $momentum f64) (param $alongVelocity f64) (param $alongGradient f64)
    (local $at i32) (local $bytes i32) (local $value v128) (local $g v128) (local $v v128)
    (local.set $bytes (i32.shl (local.get $count) (i32.const 2)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
      (local.set $value (f64x2.promote_low_f32x4
        (v128.load64_zero (i32.add (local.get $parameter) (local.get $at)))))
      (local.set $g (f64x2.add
        (f64x2.mul (f64x2.splat (local.get $l2)) (local.get $value))
        (f64x2.mul (f64x2.splat (local.get $scale)) (f64x2.promote_low_f32x4
          (v128.load64_zero (i32.add (local.get $gradient) (local.get $at)))))))
      (local.set $v (f64x2.sub
        (f64x2.mul (f64x2.splat (local.get $momentum)) (f64x2.promote_low_f32x4
          (v128.load64_zero (i32.add (local.get $velocity) (local.get $at)))))
        (f64x2.mul (f64x2.splat (local.get $rate)) (local.get $g))))
      (v128.store64_lane 0 (i32.add (local.get $velocity) (local.get $at))
        (f32x4.demote_f64x2_zero (local.get $v)))
      (v128.store64_lane 0 (i32.add (local.get $parameter) (local.get $at))
        (f32x4.demote_f64x2_zero (f64x2.add
          (f64x2.mul (f64x2.splat (local.get $kept)) (local.get $value))
          (f64x2.sub
            (f64x2.mul (f64x2.splat (local.get $alongVelocity)) (local.get $v))
            (f64x2.mul (f64x2.splat (local.get $alongGradient)) (local.get $g))))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br $next))))

  (func (export "rmsprop")
    (param $parameter i32) (param $gradient i32) (param $square i32) (param $count i32)
    (param $scale f64) (param $l2 f64) (param $kept f64) (param $rate f64)
    (param $rho f64) (param $epsilon f64)
    (local $at i32) (local $bytes i32) (local $value v128) (local $g v128) (local $s v128)
    (local.set $bytes (i32.shl (local.get $count) (i32.const 2)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $bytes)))
      (local.set $value (f64x2.promote_low_f32x4
        (v128.load64_zero (i32.add (local.get $parameter) (local.get $at)))))
      (local.set $g (f64x2.add
        (f64x2.mul (f64x2.splat (local.get $l2)) (local.get $value))
        (f64x2.mul (f64x2.splat (local.get $scale)) (f64x2.promote_low_f32x4
          (v128.load64_zero (i32.add (local.get $gradient) (local.get $at)))))))
      (local.set $s (f64x2.add
        (f64x2.mul (f64x2.splat (local.get $rho)) (f64x2.promote_low_f32x4
          (v128.load64_zero (i32.add (local.get $square) (local.get $at)))))
        (f64x2.mul
          (f64x2.mul (f64x2.splat (f64.sub (f64.const 1) (local.get $rho))) (local.get $g))
          (local.get $g))))
      (v128.store64_lane 0 (i32.add (local.get $square) (local.get $at))
        (f32x4.demote_f64x2_zero (local.get $s)))
      (v128.store64_lane 0 (i32.add (local.get $parameter) (local.get $at))
        (f32x4.demote_f64x2_zero (f64x2.sub
          (f64x2.mul (f64x2.splat (local.get $kept)) (local.get $value))
          (f64x2.div
            (f64x2.mul (f64x2.splat (local.get $rate)) (local.get $g))
            (f64x2.add (f64x2.sqrt (local.get $s)) (f64x2.splat (local.get $epsilon)))))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br $next)))))
